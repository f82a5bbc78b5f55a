"""Announcements to everyone: one row, taken in by each inbox once, with its own next numbers and exact counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import announce, notify, notify_many, retract
from notifications.actions import catch_up as catching_up
from notifications.actions.announce import edit
from notifications.actions.catch_up import catch_up, head_of
from notifications.actions.erasure import erase
from notifications.actions.expire import expire_due
from notifications.actions.mark import mark
from notifications.actions.purge import purge
from notifications.actions.sync import changes_since, snapshot
from notifications.api.counts import counts_of
from notifications.exceptions import AnnouncementEnded
from notifications.models import Announcement, Board, Inbox, Notification
from notifications.models.change import Changes, Snapshot
from tests import ledger
from tests.models.test_statements import statements
from tests.told import Told, listen_in

pytestmark = pytest.mark.django_db(transaction=True)

OPS = {"title": "Maintenance at noon", "identifier": "OPS"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return listen_in(monkeypatch)


@pytest.fixture(autouse=True)
def cast() -> None:
    for user in ("alice", "bob"):
        notify(user, title="Hello", identifier="MESSAGE")


def titles(user: str) -> list[str]:
    """Newest first."""
    return [row.title for row in Notification.objects.active().filter(user_id=user).order_by("-id")]


# Taking in ----------------------------------------------------------------------------------------------------------


def test_announcing_writes_one_row_whatever_the_number_of_users() -> None:
    notify_many(range(1, 301), title="Hello", identifier="MESSAGE")
    with statements(2):
        announce(**OPS)
    assert Announcement.objects.count() == 1
    assert not Notification.objects.filter(identifier="OPS").exists()


def test_it_is_counted_from_the_moment_an_inbox_is_read() -> None:
    announce(**OPS)
    assert head_of("alice").unread == 2
    ledger.check("alice", seq=2)
    assert ledger.check("bob", seq=1).unread == 1


READS: dict[str, Callable[[], Any]] = {
    "counts": lambda: counts_of("alice"),
    "head": lambda: head_of("alice"),
    "changes": lambda: changes_since("alice", 1),
    "up to date": lambda: changes_since("alice", 2),
    "snapshot": lambda: snapshot("alice", "first"),
    "mark": lambda: mark("alice", "read", ids=[1]),
    "mark up to": lambda: mark("alice", "read", up_to=1),
    "mark all": lambda: mark("alice", "read"),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_every_way_to_an_inbox_takes_the_board_in_first(read: Callable[[], Any]) -> None:
    announce(**OPS)
    read()
    assert titles("alice") == ["Maintenance at noon", "Hello"]
    read()
    ledger.check("alice")
    assert len(titles("alice")) == 2


def test_what_is_answered_has_it() -> None:
    announce(**OPS)
    changes = changes_since("alice", 1)
    assert isinstance(changes, Changes)
    assert [row.title for row in changes.rows] == ["Maintenance at noon"]
    assert (changes.head.seq, changes.head.unread, changes.to) == (2, 2, 2)
    announce(**{**OPS, "title": "Again"})
    assert [row.title for row in snapshot("alice", "first").rows] == ["Again", "Maintenance at noon", "Hello"]
    announce(**{**OPS, "identifier": "OTHER"})
    head, by_identifier = counts_of("alice")
    assert (head.unread, by_identifier) == (4, {"MESSAGE": 1, "OPS": 2, "OTHER": 1})


def test_marking_all_marks_what_was_announced_before() -> None:
    announce(**OPS)
    done = mark("alice", "read")
    assert (done.changed, done.head.unread) == (2, 0)
    assert done.up_to == Notification.objects.get(user_id="alice", identifier="OPS").pk


def test_marking_by_id_leaves_the_announcement_alone_and_counts_it() -> None:
    announce(**OPS)
    hello = Notification.objects.get(user_id="alice").pk
    assert mark("alice", "read", up_to=hello).head.unread == 1
    assert ledger.check("alice").unread == 1


def test_a_copy_is_a_notification_like_any_other() -> None:
    announcement = announce(
        **OPS, description="Five\nminutes", data={"at": [12]}, action_url="/status", priority="urgent",
        expires_at="2999-01-01T00:00:00Z",
    )  # fmt: skip
    head_of("alice")
    copy = Notification.objects.get(user_id="alice", identifier="OPS")
    for name in ("title", "description", "data", "action_url", "priority", "expires_at", "created_at"):
        assert getattr(copy, name) == getattr(announcement, name), name
    assert (copy.seq, copy.is_read, copy.announcement_id) == (2, False, announcement.pk)
    mark("alice", "read", ids=[copy.pk])
    assert ledger.check("alice", seq=3).unread == 1


def test_several_come_in_the_order_of_publishing() -> None:
    for number in range(5):
        announce(title=f"Number {number}", identifier="OPS")
    first = Announcement.objects.get(title="Number 0")
    first.title = "Number 0, corrected"
    first.save()
    head_of("alice")
    assert titles("alice")[::-1] == ["Hello", "Number 0, corrected", *(f"Number {n}" for n in range(1, 5))]
    ledger.check("alice", seq=6)


def test_a_creation_does_not_wait_for_the_announcement_nor_does_the_announcement_get_lost() -> None:
    announce(**OPS)
    notify("alice", title="Later", identifier="MESSAGE")
    assert head_of("alice").seq == 3
    assert titles("alice") == ["Maintenance at noon", "Later", "Hello"]


def test_the_database_itself_refuses_a_second_copy() -> None:
    announcement = announce(**OPS)
    head_of("alice")
    with pytest.raises(IntegrityError):
        Notification(user_id="alice", title="Twice", identifier="OPS", announcement=announcement).save()
    ledger.check("alice", seq=2)


# For whom -----------------------------------------------------------------------------------------------------------


def test_an_inbox_that_opens_later_has_missed_it() -> None:
    announce(**OPS)
    assert (head_of("charlie").seq, head_of("charlie").unread) == (0, 0)
    notify("dora", title="Hello", identifier="MESSAGE")
    assert head_of("dora").unread == 1
    announce(**{**OPS, "title": "Next"})
    assert titles_after_reading("charlie") == ["Next"]
    assert titles_after_reading("dora") == ["Next", "Hello"]


def test_new_inboxes_get_what_is_for_them_too() -> None:
    announce(**{**OPS, "title": "Old news"})
    announce(title="Welcome", identifier="TOUR", include_new=True)
    announce(**{**OPS, "title": "Older news"})
    assert titles_after_reading("charlie") == ["Welcome"]
    notify("dora", title="Hello", identifier="MESSAGE")
    announce(**{**OPS, "title": "News"})
    assert titles_after_reading("dora") == ["News", "Welcome", "Hello"]
    assert titles_after_reading("alice") == ["News", "Older news", "Welcome", "Old news", "Hello"]


def test_an_edit_of_old_news_does_not_bring_it_to_new_inboxes() -> None:
    old = announce(**OPS)
    announce(title="Welcome", identifier="TOUR", include_new=True)
    notify("charlie", title="Hello", identifier="MESSAGE")
    old.title = "Edited"
    old.save()
    assert titles_after_reading("charlie") == ["Welcome", "Hello"]
    assert titles_after_reading("alice") == ["Welcome", "Edited", "Hello"]


def test_a_retracted_welcome_is_for_nobody_new() -> None:
    welcome = announce(title="Welcome", identifier="TOUR", include_new=True)
    retract(welcome)
    assert titles_after_reading("charlie") == []
    assert titles_after_reading("alice") == ["Hello"]


def test_an_erased_inbox_begins_without_old_news() -> None:
    announce(**OPS)
    head_of("alice")
    erase("alice")
    assert titles_after_reading("alice") == []


# Editing and retracting -------------------------------------------------------------------------------------------


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


# Expiry -----------------------------------------------------------------------------------------------------------


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


# Input ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"title": ""}, {"title": "blank"}),
        ({"title": "x" * 201}, {"title": "max_length"}),
        ({"title": None}, {"title": "null"}),
        ({"identifier": "<b>"}, {"identifier": "invalid"}),
        ({"data": {"x": "y" * 9000}}, {"data": "max_length"}),
        ({"action_url": "javascript:alert(1)"}, {"action_url": "invalid"}),
        ({"expires_at": "2001-01-01T00:00:00Z"}, {"expires_at": "invalid"}),
        ({"user_id": "alice"}, {"user_id": "unknown_field"}),
        ({"dedupe_key": "k", "colour": "red"}, {"dedupe_key": "unknown_field", "colour": "unknown_field"}),
    ],
    ids=str,
)
def test_the_limits_are_those_of_a_notification(fields: dict[str, Any], codes: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        announce(**{**OPS, **fields})
    assert {name: errors[0].code for name, errors in caught.value.error_dict.items()} == codes
    assert not Announcement.objects.exists()


# Transactions and statements ----------------------------------------------------------------------------------------


def test_rolled_back_is_never_happened(told: Told) -> None:
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        announce(**OPS)
        assert head_of("alice").unread == 2
        raise KeyboardInterrupt
    assert head_of("alice").unread == 1
    assert told == []
    announce(**OPS)
    assert head_of("alice").unread == 2
    assert told.frames_of("alice")[0]["unread"] == 2  # type: ignore[index]


def test_devices_get_a_frame_that_continues_theirs(told: Told) -> None:
    announcement = announce(**OPS)
    announce(**{**OPS, "title": "Second"})
    catch_up(["alice", "bob"])
    announcement.title = "First, edited"
    announcement.save()
    retract(Announcement.objects.get(title="Second"))
    catch_up(["bob", "alice", "nobody"])
    for user in ("alice", "bob"):
        frames = told.frames_of(user)
        assert [(frame["from"], frame["to"], frame["unread"]) for frame in frames if frame] == [(1, 3, 3), (3, 5, 2)]
        assert [item.get("title", "gone") for frame in frames if frame for item in frame["items"]] == [
            "Maintenance at noon", "Second", "gone", "First, edited",
        ]  # fmt: skip
    assert not Inbox.objects.filter(pk="nobody").exists()


def test_many_inboxes_take_in_by_a_constant_number_of_statements() -> None:
    def taking(number: int) -> int:
        users = [f"user-{n}" for n in range(number)]
        notify_many(users, title="Hello", identifier="MESSAGE")
        announcement = announce(**OPS)
        with CaptureQueriesContext(connection) as first:
            catch_up(users)
        announcement.title = f"For {number}"
        announcement.save()
        with CaptureQueriesContext(connection) as second:
            catch_up(users)
        return len(first) * 100 + len(second)

    assert taking(3) == taking(300)


def test_nothing_new_is_no_statement_more() -> None:
    announce(**OPS)
    catch_up(["alice", "bob"])
    for number, read in [
        (1, lambda: head_of("alice")),
        (1, lambda: counts_of("alice")),
        (2, lambda: changes_since("alice", 1)),
        (1, lambda: changes_since("alice", 2)),
        (2, lambda: snapshot("alice", "first")),
        (1, lambda: catch_up(["alice", "bob"])),
    ]:
        with statements(number):
            read()
    mark("alice", "read")
    with statements(3):
        mark("alice", "read")
    with statements(2):
        mark("alice", "read", up_to=10)


def test_a_long_board_is_taken_in_by_several_transactions(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    monkeypatch.setattr(catching_up, "COPIES", 6)
    monkeypatch.setattr("notifications.models.copies.WRITTEN", 4)
    for number in range(3):
        announce(title=f"Number {number}", identifier="OPS")
    users = [f"user-{n}" for n in range(5)]
    for user in users:
        Inbox.objects.create(user_id=user, epoch="e", seq=0, unread=0, unseen=0)
    catch_up([*users, "alice"])
    for user in users:
        assert titles(user) == ["Number 2", "Number 1", "Number 0"]
        ledger.check(user, seq=3)
    ledger.check("alice", seq=4)
    assert len({change.head.user_id for change in told}) == 6


def test_an_inbox_with_broken_counters_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    announcement = announce(**OPS)
    catch_up(["alice", "bob"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_inbox SET unread = 0, unseen = 0 WHERE user_id = 'alice'")
    retract(announcement)
    catch_up(["alice", "bob"])
    assert ledger.check("bob", seq=3).unread == 1
    assert head_of("alice").seq == 2
    assert "Inbox alice cannot take announcements in: " in caplog.text


def titles_after_reading(user: str) -> list[str]:
    head_of(user)
    ledger.check(user)
    return titles(user)


def test_snapshots_stand_after_the_taking_in() -> None:
    announce(**OPS)
    found = changes_since("alice", 1, epoch="another")
    assert isinstance(found, Snapshot)
    assert (found.head.seq, len(found.rows)) == (2, 2)
