"""A range holds every row that changed in it, whatever happens while it is read."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

import pytest
from django.db import connection, connections, transaction

from notifications import announce, notify
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.actions.sync import Ask, answer
from notifications.models import Inbox, looking, numbering
from notifications.models.change import Changes, Snapshot
from tests.models.test_statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy() -> Callable[[], bool]:
    """Somebody marks the two of alice on and on; whether that goes well."""
    ids = [notify("alice", title=title, identifier="M").pk for title in ("First", "Second")]
    may_end, is_well = Event(), Event()

    def work() -> None:
        try:
            while not may_end.is_set():
                for verb in ("seen", "unseen"):
                    mark("alice", verb, ids=ids[:1])
            is_well.set()
        finally:
            connections.close_all()

    thread = Thread(target=work)
    thread.start()

    def end() -> bool:
        may_end.set()
        thread.join()
        return is_well.is_set()

    return end


@pytest.mark.parametrize("ask", [Ask("alice", 0), Ask("alice")], ids=["range", "snapshot"])
def test_rows_and_head_are_of_one_moment(busy: Callable[[], bool], ask: Ask) -> None:
    """A row that was left to the next range would come behind newer ones, too late for a device to announce it."""
    heads = set()
    try:
        deadline = monotonic() + 30
        while len(heads) < 100:
            assert monotonic() < deadline, "little happened meanwhile"
            (found,) = answer([ask])
            assert max(row.seq for row in found.rows) == found.head.seq
            assert sum(row.seen_at is None for row in found.rows) == found.head.unseen
            heads.add(found.head.seq)
    finally:
        assert busy()


def test_many_are_answered_in_as_many_statements_as_one() -> None:
    for number in range(20):
        notify(f"user-{number}", title=f"Hello {number}", identifier="M")
    asks = [Ask(f"user-{number}", number % 2 or None) for number in range(20)]
    with statements(2):  # one for the ranges, one for the snapshots
        found = answer(asks)
    assert [each.head.user_id for each in found] == [ask.user_id for ask in asks]
    assert [type(each) for each in found] == [Snapshot, Changes] * 10
    assert [row.title for each in found if isinstance(each, Snapshot) for row in each.rows] == [
        f"Hello {number}" for number in range(0, 20, 2)
    ]


def test_each_gets_what_it_asked_for() -> None:
    for number in range(5):
        notify("alice", title=f"Hello {number}", identifier="M")
    epoch = Inbox.objects.head("alice").epoch
    asks = [
        Ask("alice", 3), Ask("alice", 0, limit=2), Ask("alice", page=1), Ask("alice", 9), Ask("alice", 1, "another"),
        Ask("nobody"), Ask("nobody", 0), Ask("alice", 5, epoch),
    ]  # fmt: skip
    found = answer(asks)
    assert [[row.seq for row in each.rows] for each in found] == [
        [4, 5], [1, 2], [5], [5, 4, 3, 2, 1], [5, 4, 3, 2, 1], [], [], [],
    ]  # fmt: skip
    assert [each.more for each in found] == [False, True, True, False, False, False, False, False]
    assert [each.reason if isinstance(each, Snapshot) else (each.start, each.to) for each in found] == [
        (3, 5), (0, 2), "first", "regressed", "epoch", "first", (0, 0), (5, 5),
    ]  # fmt: skip


def test_those_who_are_behind_take_the_board_in_together() -> None:
    for user in ("alice", "bob"):
        notify(user, title="Hello", identifier="M")
    announce(title="Maintenance", identifier="OPS")
    found = answer([Ask("alice"), Ask("bob", 0), Ask("carol")])
    assert [[row.title for row in each.rows] for each in found] == [
        ["Maintenance", "Hello"],
        ["Hello", "Maintenance"],
        [],
    ]
    assert [each.head.unread for each in found] == [2, 2, 0]


@pytest.mark.parametrize(("what", "index"), [("changed", "notification_seq_once"), ("newest", "notification_active")])
def test_rows_are_found_by_an_index(what: str, index: str) -> None:
    """Even where one inbox holds all the rows, and the index of ids alone is smaller than those of inboxes."""
    create_batch([{"user_id": "alice-with-a-long-name", "title": "Hi", "identifier": "M"}] * 3000)
    asked = ['[{"number": 0, "user_id": "alice", "since": 3}]']
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # which it prefers in a small table
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {looking._statement(connection.alias, what, 21)}", asked)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if connection.vendor == "sqlite" and what == "changed":
        index = "(user_id=? AND seq>?)"  # it has no name there
    assert index in plan, plan
    assert "Seq Scan on notifications_notification" not in plan and "SCAN notifications_notification" not in plan


@pytest.mark.parametrize("what", ["changed", "newest"])
def test_an_inbox_is_found_by_its_key(what: str) -> None:
    numbering.lock(connection.alias, [f"user-{number}" for number in range(3000)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        asked = ['[{"number": 0, "user_id": "user-7", "since": 3}]']
        cursor.execute(f"{explain} {looking._statement(connection.alias, what, 21)}", asked)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "Seq Scan on notifications_inbox" not in plan and "SCAN notifications_inbox" not in plan, plan
