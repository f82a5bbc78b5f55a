"""Recounting and mending: drift is found wherever it hides, and its repair reaches every device."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from notifications import notify, notify_many
from notifications.actions.purge import purge
from notifications.actions.recount import drifted, mend, sample, without_inbox
from notifications.actions.sync import changes_since, snapshot
from notifications.client import Replica
from notifications.models import Inbox, Notification, UnreadCount
from notifications.models.change import Changes
from notifications.wire import frames
from tests import ledger
from tests.actions.aged import aged
from tests.at_once import at_once
from tests.told import listen_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def an_inbox_with_everything() -> None:
    for identifier in ("a", "b", "b", "c", "d"):
        notify("alice", title="Hello", identifier=identifier)
    mine = Notification.objects.filter(user_id="alice")
    mine.filter(identifier="a").mark_read()
    mine.filter(identifier="c").archive()
    mine.filter(identifier="d").delete()


def says() -> list[str]:
    return [str(drift) for drift in drifted(["alice", "nobody"])]


MEDDLING: dict[str, tuple[dict[str, Any], str]] = {
    "unread": ({"unread": 5}, "alice: unread is 5, counted 2"),
    "unseen": ({"unseen": 0}, "alice: unseen is 0, counted 2"),
    "seq": ({"seq": 3}, "alice: seq is 3, rows or the horizon reach 8"),
    "both": ({"unread": 9, "unseen": 9}, "alice: unread is 9, counted 2, unseen is 9, counted 2"),
}


def test_an_inbox_in_order_is_left_alone() -> None:
    assert says() == []
    assert mend("alice") is None
    ledger.check("alice", seq=8)


@pytest.mark.parametrize("what", MEDDLING)
def test_what_was_meddled_with_is_found_and_mended(what: str) -> None:
    columns, message = MEDDLING[what]
    Inbox.objects.filter(pk="alice").update(**columns)
    assert says() == [message]
    assert str(mend("alice")) == message
    ledger.check("alice")
    assert says() == []


@pytest.mark.parametrize(
    ("meddle", "message"),
    [
        ("UPDATE notifications_unreadcount SET unread = 7", "unread by identifier: a 7, counted 0; b 7, counted 2"),
        ("DELETE FROM notifications_unreadcount", "unread by identifier: b 0, counted 2"),
        ("UPDATE notifications_unreadcount SET identifier = 'z' WHERE identifier = 'b'", "b 0, counted 2; z 2"),
    ],
)
def test_counts_by_identifier_are_found_and_mended(meddle: str, message: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(meddle)
    assert message in says()[0]
    mend("alice")
    ledger.check("alice", seq=9)


def test_after_a_repair_what_was_read_may_be_unread_again() -> None:
    Inbox.objects.filter(pk="alice").update(unread=5)
    assert mend("alice") is not None
    Notification.objects.filter(user_id="alice", identifier="a").mark_unread()
    read = Notification.objects.get(user_id="alice", identifier="c")
    read.archived_at = None
    read.save()
    assert ledger.check("alice").unread == 4
    assert says() == []


def test_every_device_hears_of_the_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Replica()
    phone.apply(json.loads(frames.of_snapshot(snapshot("alice", "first")).text))
    Inbox.objects.filter(pk="alice").update(unread=5, unseen=1)
    told = listen_in(monkeypatch)
    mend("alice")
    (frame,) = told.frames_of("alice")
    assert frame == {"type": "changes", "from": 8, "to": 9, "unread": 2, "unseen": 2, "more": False, "items": []}
    items = dict(phone.items)
    assert phone.apply(frame).sync_since is None
    assert (phone.seq, phone.unread, phone.unseen, phone.items) == (9, 2, 2, items)


def test_a_device_that_was_away_reads_the_repaired_counts() -> None:
    Inbox.objects.filter(pk="alice").update(unread=5)
    mend("alice")
    found = changes_since("alice", 8)
    assert isinstance(found, Changes)
    assert (found.to, found.head.unread, list(found.rows), found.more) == (9, 2, [], False)


def test_rows_beyond_the_numbering_are_read_by_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    Inbox.objects.filter(pk="alice").update(seq=3)
    told = listen_in(monkeypatch)
    mend("alice")
    assert [(change.start, change.head.seq, change.rows) for change in told] == [(3, 9, None)]
    assert notify("alice", title="Next", identifier="a").seq == 10


def test_a_purged_inbox_is_in_order() -> None:
    aged("alice", days=40, deleted=True)
    list(purge({"*": None}))
    assert says() == []


def test_an_inbox_without_rows_counts_nothing() -> None:
    QuerySet(Notification).filter(user_id="alice").delete()
    assert "unread is 2, counted 0" in says()[0]
    mend("alice")
    ledger.check("alice", seq=9)


def test_rows_without_an_inbox_get_one() -> None:
    UnreadCount.objects.all().delete()
    Inbox.objects.all().delete()
    assert without_inbox(10) == ["alice"]
    mend("alice")
    assert without_inbox(10) == []
    ledger.check("alice", seq=9)


def test_what_is_being_written_is_no_drift() -> None:
    def write() -> list[Any]:
        for _ in range(15):
            notify("alice", title="Hello", identifier="a")
            Notification.objects.for_user("alice").mark_read()
        return []

    def look() -> list[Any]:
        return [drift for _ in range(40) for drift in drifted(["alice"])]

    assert at_once([write, look, look, write]) == [[], [], [], []]


def test_mending_while_others_write_ends_exact() -> None:
    def write() -> None:
        for _ in range(10):
            notify("alice", title="Hello", identifier="a")

    def meddle_and_mend() -> None:
        for _ in range(10):
            Inbox.objects.filter(pk="alice").update(unread=50)
            mend("alice")

    at_once([write, meddle_and_mend, write])
    assert ledger.check("alice").unread == 22


def test_a_sample_holds_the_newest_and_some_others_and_no_more() -> None:
    users = [f"user-{number:02}" for number in range(20)]
    notify_many(users, title="Hello", identifier="M")
    notify("newest", title="Hello", identifier="M")
    chosen = sample(6)
    assert chosen[0] == "newest"
    assert len(chosen) == len(set(chosen)) == 6
    assert set(sample(100)) == {"alice", "newest", *users}
    assert sample(1) != []
