"""Taking in: one row, which each inbox takes in once, with its own next numbers and exact counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from notifications import announce, notify, notify_many
from notifications.actions.catch_up import head_of
from notifications.actions.mark import mark
from notifications.actions.sync import changes_since, snapshot
from notifications.api.counts import counts_of
from notifications.models import Announcement, Notification
from notifications.models.change import Changes, Snapshot
from tests import ledger
from tests.actions.announcements.reading import OPS, titles
from tests.models.test_statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


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
    counts = counts_of("alice")
    assert (counts.head.unread, counts.by_identifier) == (4, {"MESSAGE": 1, "OPS": 2, "OTHER": 1})


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


def test_snapshots_stand_after_the_taking_in() -> None:
    announce(**OPS)
    found = changes_since("alice", 1, epoch="another")
    assert isinstance(found, Snapshot)
    assert (found.head.seq, len(found.rows)) == (2, 2)
