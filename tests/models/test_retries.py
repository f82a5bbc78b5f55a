"""Transactions that the database aborts for the sake of another are run again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from notifications import notify, notify_many
from notifications.models import Notification, numbering
from notifications.models.retries import retried
from tests import ledger
from tests.at_once import at_once

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
