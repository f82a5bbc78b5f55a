"""Transactions that the database aborts for the sake of another are run again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models.signals import post_save
from django.dispatch import Signal

from notifications import announce, notify, notify_many
from notifications.actions.notify import create_batch
from notifications.models import Announcement, Notification, numbering
from notifications.models.retries import retried
from notifications.signals import board_changed, inbox_changed
from tests import ledger
from tests.at_once import at_once
from tests.hooks import after_commits, lose_to_a_rival

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.on_postgresql
def test_a_deadlock_with_a_stranger_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction of the host project locks two inboxes in the other order, with one of ours in between."""
    notify("alice", title="Hello", identifier="M")
    notify("bob", title="Hello", identifier="M")
    both_hold_one = Barrier(2, timeout=5)

    def stranger() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '10s'")  # so that it is ours which is aborted
            cursor.execute("SELECT 1 FROM notifications_inbox WHERE user_id = 'bob' FOR UPDATE")
            both_hold_one.wait()
            cursor.execute("SELECT 1 FROM notifications_inbox WHERE user_id = 'alice' FOR UPDATE")

    attempts = []

    def ours() -> int:
        return notify_many(["alice", "bob"], title="Both", identifier="M")

    real = numbering.advance

    def advance(using: str, steps: Any) -> Any:
        """Take the locks one by one, with the stranger's between them."""
        steps = list(steps)
        attempts.append(len(steps))
        if len(attempts) > 1:
            return real(using, steps)
        heads = real(using, steps[:1])
        both_hold_one.wait()
        return heads | real(using, steps[1:])

    monkeypatch.setattr(numbering, "advance", advance)
    at_once([stranger, ours])
    assert len(attempts) == 2
    for user in ("alice", "bob"):
        ledger.check(user, seq=2)


@pytest.mark.on_postgresql
def test_a_serialisation_failure_is_survived(serializable: None) -> None:
    """Ours waits for the lock of a transaction that began later than its snapshot."""
    sent = notify("alice", title="Hello", identifier="M")
    is_held = Barrier(2, timeout=5)

    def stranger() -> None:
        with transaction.atomic():
            Notification.objects.filter(pk=sent.pk).mark_read()
            is_held.wait()
            _until_somebody_waits()

    def ours() -> None:
        is_held.wait()
        notify("alice", title="Another", identifier="M")

    at_once([stranger, ours])
    ledger.check("alice", seq=3)


def _until_somebody_waits() -> None:
    for _ in range(500):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        sleep(0.01)
    raise AssertionError("nobody waits for the lock")


@pytest.mark.on_postgresql
def test_within_a_callers_transaction_the_caller_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def abort(*_: object, **__: object) -> None:
        calls.append(1)
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'rival' USING ERRCODE = 'deadlock_detected'; END $$")

    monkeypatch.setattr(numbering, "advance", abort)
    with pytest.raises(OperationalError), transaction.atomic():
        notify("alice", title="Hello", identifier="M")
    assert len(calls) == 1
    with pytest.raises(OperationalError):
        notify("alice", title="Hello", identifier="M")
    assert len(calls) == 1 + 6


@pytest.mark.on_sqlite
def test_a_writer_whom_sqlite_let_wait_too_long_tries_again(tmp_path: Path) -> None:
    first, second = (sqlite3.connect(tmp_path / "file.sqlite3", timeout=0, isolation_level=None) for _ in range(2))
    first.execute("BEGIN IMMEDIATE")
    attempts = []

    @retried
    def write() -> None:
        attempts.append(1)
        if len(attempts) == 3:
            first.execute("COMMIT")
        with connection.wrap_database_errors:
            second.execute("BEGIN IMMEDIATE")

    write()
    assert len(attempts) == 3
    for each in (first, second):
        each.close()


HELLO: dict[str, Any] = {"title": "Hello", "identifier": "M"}
ONE = {**HELLO, "user_id": "alice"}
WAYS: dict[str, tuple[Callable[[], object], Signal]] = {
    "notify": (lambda: notify("alice", **HELLO), post_save),
    "notify_many": (lambda: notify_many(["alice"], **HELLO), inbox_changed),
    "batch": (lambda: create_batch([ONE]), inbox_changed),
    "announce": (lambda: announce(**HELLO), board_changed),
}


@pytest.mark.parametrize(("create", "signal"), WAYS.values(), ids=WAYS)
def test_a_deadlock_of_a_commit_hook_does_nothing_twice(create: Callable[[], object], signal: Signal) -> None:
    with after_commits(lose_to_a_rival, signal), pytest.raises(OperationalError):
        create()
    assert Notification.objects.count() + Announcement.objects.count() == 1


@pytest.mark.parametrize("way", ["notify", "batch"])
def test_a_constraint_that_a_commit_hook_breaks_is_no_dedupe_key_taken(way: str) -> None:
    def break_one() -> None:
        raise IntegrityError("statistics_day_once")

    keyed = {**ONE, "dedupe_key": "order-7"}
    signal: Signal = post_save if way == "notify" else inbox_changed
    with after_commits(break_one, signal), pytest.raises(IntegrityError, match="statistics_day_once"):
        notify("alice", **HELLO, dedupe_key="order-7") if way == "notify" else create_batch([keyed, ONE])
    assert Notification.objects.count() == (1 if way == "notify" else 2)


def test_what_a_commit_hook_sends_is_tried_again_by_itself() -> None:
    attempts = []

    @retried
    def tell_bob() -> None:
        attempts.append(1)
        with transaction.atomic():
            Notification(user_id="bob", **HELLO).save()
            if len(attempts) < 3:
                lose_to_a_rival()

    with after_commits(tell_bob, board_changed):
        announce(**HELLO)
    assert len(attempts) == 3
    ledger.check("bob", seq=1)
    assert Announcement.objects.count() == 1


@pytest.fixture
def serializable() -> Iterator[None]:
    """The strictest isolation, as a project may have chosen it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = connection.ops.quote_name(cursor.fetchone()[0])
        cursor.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    connection.close_pool()
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} RESET default_transaction_isolation")
    connection.close_pool()
