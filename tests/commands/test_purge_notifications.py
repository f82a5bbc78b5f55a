"""``purge_notifications``: its options, what it prints, and that it may be killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError

from notifications.actions import purge
from notifications.models import IdempotencyRecord, Notification, UnreadCount
from tests import ledger
from tests.actions.aged import aged
from tests.commands.conftest import Terminal
from tests.service import ROOT, Service

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


@pytest.fixture
def retention(settings: Any) -> Callable[..., None]:
    def set_rules(**rules: Any) -> None:
        settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "RETENTION": rules}

    return set_rules


def left() -> list[str]:
    return sorted(Notification.objects.live().values_list("identifier", flat=True))


def test_without_a_word_only_old_traces_go(run: Run) -> None:
    aged("alice", days=4000)
    aged("alice", days=31, deleted=True)
    assert run("purge_notifications") == [
        "1 of 1 inboxes: 0 deleted, 1 removed",
        "Done in 1 inboxes: 0 notifications deleted, 1 tombstones removed, 0 idempotency keys forgotten.",
    ]
    assert left() == ["M"]


def test_the_setting_decides(run: Run, retention: Callable[..., None]) -> None:
    retention(chat=30, invoice=None)
    for identifier in ("chat", "invoice", "other"):
        aged("alice", days=100, identifier=identifier)
    run("purge_notifications")
    assert left() == ["invoice", "other"]


def test_older_than_is_for_what_the_setting_does_not_name(run: Run, retention: Callable[..., None]) -> None:
    retention(chat=200, invoice=None)
    for identifier in ("chat", "invoice", "other"):
        aged("alice", days=100, identifier=identifier)
    run("purge_notifications", "--older-than", "90d")
    assert left() == ["chat", "invoice"]


def test_a_dry_run_only_counts(run: Run) -> None:
    aged("alice", days=100)
    aged("bob", days=100, deleted=True)
    line = "To do in 2 inboxes: 1 notifications deleted, 1 tombstones removed, 0 idempotency keys forgotten."
    assert run("purge_notifications", "--older-than", "90d", "--dry-run") == [line]
    assert Notification.objects.count() == 2


def test_old_idempotency_keys_are_forgotten(run: Run) -> None:
    for key, days in (("old", 2), ("young", 0)):
        claimed_at = aged("alice", days=days).created_at
        IdempotencyRecord.objects.create(credential="key:1", key=key, body_digest="", claim="", claimed_at=claimed_at)
    assert "1 idempotency keys" in run("purge_notifications", "--dry-run")[-1]
    assert "1 idempotency keys" in run("purge_notifications")[-1]
    assert IdempotencyRecord.objects.get().key == "young"


def test_a_program_reads_one_object(run: Run) -> None:
    aged("alice", days=100)
    (line,) = run("purge_notifications", "--older-than", "90", "--json")
    assert json.loads(line) == {
        "dry_run": False,
        "inboxes": 1,
        "deleted": 1,
        "tombstones_removed": 0,
        "idempotency_keys_forgotten": 0,
        "inboxes_failed": 0,
    }


def test_a_terminal_shows_a_bar(run: Run) -> None:
    aged("alice", days=100)
    terminal = Terminal()
    run("purge_notifications", "--older-than", "90d", out=terminal)
    assert "[########################] 1/1 1 of 1 inboxes: 1 deleted" in terminal.getvalue()


def test_an_empty_database_is_no_fault(run: Run) -> None:
    assert run("purge_notifications")[-1].startswith("Done in 0 inboxes")


@pytest.mark.parametrize("text", ["", "0d", "-1", "1w", "soon", "36501d", "1.5"])
def test_a_bad_age_is_said_in_one_line(run: Run, text: str) -> None:
    with pytest.raises(CommandError, match="is no number of days such as 90d"):
        run("purge_notifications", f"--older-than={text}")


@pytest.mark.django_db(transaction=True)
def test_an_inbox_that_cannot_be_purged_ends_in_an_error(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    aged("alice", days=100)
    UnreadCount.objects.update(unread=0)
    with pytest.raises(CommandError, match=r"1 inboxes could not be purged.*doctor"):
        run("purge_notifications", "--older-than", "90d")
    assert left() == ["M"]


AGE = """
from datetime import timedelta
from django.db.models import F, QuerySet
from django.utils import timezone
notify_many([f'user-{number:04}' for number in range(2000)], title='Old', identifier='M')
Inbox.objects.update(seq=2)
QuerySet(Notification).update(seq=2, created_at=timezone.now() - timedelta(days=100))
"""
DRIFT = """
unread = set(Notification.objects.unread().values_list('user_id', flat=True))
inboxes = Inbox.objects.values_list('pk', 'unread', 'unseen', 'unread_counts__unread')
result = [row for row in inboxes if set(row[1:]) != {int(row[0] in unread)}]
"""


@pytest.mark.on_sqlite  # the process has a database file of its own
def test_a_killed_purge_leaves_exact_counts_and_the_next_one_finishes(service: Service) -> None:
    command = [sys.executable, "manage.py", "purge_notifications", "--older-than", "90d"]
    where: dict[str, Any] = {"cwd": ROOT, "env": service.environment(), "text": True, "stdout": subprocess.PIPE}
    with service.outsider() as outsider:
        outsider.now(AGE)
        process = subprocess.Popen(command, **where)
        assert process.stdout is not None
        assert "500 of 2000 inboxes: 500 deleted" in process.stdout.readline()
        process.kill()
        process.communicate(timeout=10)
        assert 0 < outsider.now("Notification.objects.live().count()") < 2000
        assert outsider.now(DRIFT) == []
        ended = subprocess.run(command, timeout=60, check=True, **where)
        assert "2000 of 2000" in ended.stdout
        assert outsider.now("Notification.objects.live().count()") == 0
        assert outsider.now(DRIFT) == []


def test_memory_does_not_hold_all_inboxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "INBOXES", 1)
    for user in ("alice", "bob"):
        aged(user, days=100)
    purging = purge.purge({"*": 90})
    next(purging)
    assert ledger.check("alice").unread == 0
    assert ledger.check("bob").unread == 1  # not looked at yet
