"""Transactions and statements: all or nothing, what devices are told of it, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import announce, notify_many, retract
from notifications.actions import catch_up as catching_up
from notifications.actions.catch_up import catch_up, head_of
from notifications.actions.mark import mark
from notifications.actions.sync import changes_since, snapshot
from notifications.api.counts import counts_of
from notifications.models import Announcement, Inbox
from tests import ledger
from tests.actions.announcements.reading import OPS, titles
from tests.hooks import lose_to_a_rival
from tests.models.test_statements import TRANSACTION, statements
from tests.told import Told

pytestmark = pytest.mark.django_db(transaction=True)


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
    def made(captured: CaptureQueriesContext) -> int:
        return sum(not query["sql"].startswith(TRANSACTION) for query in captured)

    def taking(number: int) -> tuple[int, int]:
        users = [f"user-{n}" for n in range(number)]
        notify_many(users, title="Hello", identifier="MESSAGE")
        announcement = announce(**OPS)
        with CaptureQueriesContext(connection) as first:
            catch_up(users)
        announcement.title = f"For {number}"
        announcement.save()
        with CaptureQueriesContext(connection) as second:
            catch_up(users)
        return made(first), made(second)

    assert taking(3) == taking(300) == (7, 7)  # one to see who is behind


def test_nothing_new_is_no_statement_more() -> None:
    announce(**OPS)
    catch_up(["alice", "bob"])
    for number, read in [
        (1, lambda: head_of("alice")),
        (1, lambda: counts_of("alice")),
        (1, lambda: changes_since("alice", 1)),
        (1, lambda: changes_since("alice", 2)),
        (1, lambda: snapshot("alice", "first")),
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


def wait_too_long() -> None:
    raise OperationalError("canceling statement due to lock timeout")


def lose_the_connection() -> None:
    raise InterfaceError("connection already closed")


@pytest.mark.parametrize("fail", [wait_too_long, lose_the_connection, lose_to_a_rival])
def test_a_marking_is_answered_as_it_stands_when_the_board_cannot_be_taken_in(
    fail: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(**OPS)
    with monkeypatch.context() as patch:
        patch.setattr(catching_up, "take_in", lambda *_: fail())
        marked = mark("alice", "read", up_to=1_000_000)
    assert (marked.changed, marked.head) == (1, ledger.check("alice", seq=2))
    assert head_of("alice").unread == 1, "who looks next takes it in"


def test_within_a_callers_transaction_a_board_that_cannot_be_taken_in_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(**OPS)
    monkeypatch.setattr(catching_up, "take_in", lambda *_: wait_too_long())
    with pytest.raises(OperationalError), transaction.atomic():
        mark("alice", "read", up_to=1_000_000)
    assert ledger.check("alice", seq=1).unread == 1
