"""Editing, retracting and expiring: every copy follows, and keeps what its user did with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from notifications import announce, retract
from notifications.actions import purge as purging
from notifications.actions.announce import edit
from notifications.actions.catch_up import head_of
from notifications.actions.expire import expire_due
from notifications.actions.mark import mark
from notifications.actions.purge import purge
from notifications.exceptions import AnnouncementEnded
from notifications.models import Announcement, Board, Notification
from tests import ledger
from tests.actions.announcements.reading import OPS, titles, titles_after_reading
from tests.held import held

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_edit_changes_every_copy_and_leaves_its_state() -> None:
    announcement = announce(**OPS)
    mark("alice", "read")
    announcement.title, announcement.data = "Maintenance at one", {"at": 13}
    announcement.save()
    assert head_of("alice").unread == 0
    copy = Notification.objects.get(user_id="alice", identifier="OPS")
    assert (copy.title, copy.data, copy.is_read, copy.seq) == ("Maintenance at one", {"at": 13}, True, 5)
    assert titles_after_reading("bob") == ["Maintenance at one", "Hello"]
    ledger.check("bob", seq=2)


def test_an_edit_keeps_what_another_edits_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    announcement = announce(**OPS)
    lock = type(Board.objects).lock

    def late(board: Any) -> int:
        monkeypatch.setattr(type(Board.objects), "lock", lock)
        Announcement.objects.filter(pk=announcement.pk).update(title="Maintenance at one")
        return lock(board)

    monkeypatch.setattr(type(Board.objects), "lock", late)
    edit(announcement.pk, {"description": "For an hour."})
    announcement.refresh_from_db()
    assert (announcement.title, announcement.description) == ("Maintenance at one", "For an hour.")


def test_an_edit_of_nothing_writes_nothing() -> None:
    announcement = announce(**OPS)
    board = Board.objects.get().seq
    announcement.save()
    assert Board.objects.get().seq == board


@pytest.mark.parametrize("before", [True, False], ids=["taken in", "not yet"])
def test_a_retraction_takes_it_back_everywhere(before: bool) -> None:
    announcement = announce(**OPS)
    if before:
        head_of("alice")
    retract(announcement)
    retract(announcement)
    assert head_of("alice").unread == 1
    assert titles("alice") == ["Hello"]
    ledger.check("alice", seq=3 if before else 1)
    assert Board.objects.get().seq == 2


@pytest.mark.parametrize("verb", ["read", "seen", "archive", "delete"])
def test_a_retraction_counts_what_was_read_archived_or_deleted(verb: str) -> None:
    announcement = announce(**OPS)
    head_of("alice")
    copy = Notification.objects.get(user_id="alice", identifier="OPS")
    mark("alice", verb, ids=[copy.pk])
    retract(announcement)
    assert head_of("alice").unread == 1
    ledger.check("alice", seq=3 if verb == "delete" else 4)


def test_what_a_user_deleted_stays_deleted() -> None:
    announcement = announce(**OPS)
    head_of("alice")
    Notification.objects.get(user_id="alice", identifier="OPS").delete()
    announcement.title = "Edited"
    announcement.save()
    assert titles_after_reading("alice") == ["Hello"]
    ledger.check("alice", seq=3)


def test_what_was_purged_does_not_come_back(settings: Any) -> None:
    announcement = announce(**OPS)
    head_of("alice")
    Notification.objects.get(user_id="alice", identifier="OPS").delete()
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "TOMBSTONE_DAYS": 0}
    sum_of = list(purge({}))
    assert sum(each.removed for each in sum_of) == 1
    announcement.title = "Edited"
    announcement.save()
    assert titles_after_reading("alice") == ["Hello"]
    ledger.check("alice")


def test_copies_are_purged_as_anything_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not taken it in yet still does, and keeps it until the next purge."""
    announce(**OPS)
    head_of("alice")
    for days, others in ((40, ["Maintenance at noon", "Hello"]), (80, ["Hello"])):
        later = timezone.now() + timedelta(days=days)
        monkeypatch.setattr(purging, "timezone", Mock(now=lambda later=later: later))
        assert sum(purge({"OPS": 30}), purging.Purged()).failed == 0
        assert titles_after_reading("alice") == ["Hello"]
        assert titles_after_reading("bob") == others
    assert not Notification.objects.filter(user_id="alice", identifier="OPS").exists()


def test_what_is_over_cannot_be_edited() -> None:
    retracted = announce(**OPS)
    retract(retracted)
    soon = announce(**OPS, expires_at=timezone.now() + timedelta(milliseconds=20))
    while not soon.is_over:
        pass
    for announcement in (retracted, soon):
        announcement.title = "Edited"
        with pytest.raises(AnnouncementEnded):
            announcement.save()


def test_an_identifier_is_fixed() -> None:
    announcement = announce(**OPS)
    announcement.identifier = "OTHER"
    with pytest.raises(ValidationError) as caught:
        announcement.save()
    assert list(caught.value.error_dict) == ["identifier"]


def test_what_has_expired_is_not_taken_in() -> None:
    soon = announce(**OPS, expires_at=timezone.now() + timedelta(milliseconds=20))
    while not soon.is_over:
        pass
    assert head_of("alice").seq == 1


def test_a_copy_expires_with_the_announcement() -> None:
    soon = announce(**OPS, expires_at=timezone.now() + timedelta(seconds=1))
    assert head_of("alice").unread == 2
    while not soon.is_over:
        pass
    assert expire_due() == 1
    assert ledger.check("alice", seq=3).unread == 1


@pytest.mark.parametrize("is_read_before", [True, False])
def test_an_end_that_is_brought_nearer_ends_every_copy(is_read_before: bool) -> None:
    announcement = announce(**OPS, expires_at=timezone.now() + timedelta(days=1))
    head_of("alice")
    announcement.expires_at = timezone.now() + timedelta(milliseconds=500)
    announcement.save()
    if is_read_before:
        assert titles_after_reading("alice") == ["Maintenance at noon", "Hello"]
    while not announcement.is_over:
        pass
    assert head_of("bob").unread == 1  # it never comes to those who were not there
    head_of("alice")
    assert expire_due() == 1
    assert titles_after_reading("alice") == ["Hello"]


@pytest.mark.parametrize("end", [None, timedelta(days=1)], ids=["no end", "a later end"])
def test_an_end_that_is_put_off_is_put_off_where_nobody_looks(end: timedelta | None) -> None:
    announcement = announce(**OPS, expires_at=timezone.now() + timedelta(milliseconds=300))
    old_end = announcement.expires_at
    head_of("alice")
    announcement.expires_at = end and timezone.now() + end
    announcement.save()
    while timezone.now() <= old_end:
        pass
    assert expire_due() == 0
    for user in ("alice", "bob"):
        assert titles_after_reading(user) == ["Maintenance at noon", "Hello"]


@pytest.mark.on_postgresql
def test_an_end_that_is_put_off_while_the_inbox_is_held_is_put_off() -> None:
    announcement = announce(**OPS, expires_at=timezone.now() + timedelta(milliseconds=300))
    old_end = announcement.expires_at
    head_of("alice")
    with held("alice"):
        announcement.expires_at = None
        announcement.save()
        while timezone.now() <= old_end:
            pass
        assert expire_due() == 0
    assert expire_due() == 0
    assert titles_after_reading("alice") == ["Maintenance at noon", "Hello"]
