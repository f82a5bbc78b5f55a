"""Inboxes under the doctor's eye: counters that drifted, and what waits for a clock."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import notify, notify_many
from notifications.actions import expire
from notifications.models import Inbox, Notification
from notifications.ops.doctor import Finding, Level, inboxes
from tests import ledger
from tests.ops.doctor.looking import only, silent

pytestmark = pytest.mark.django_db(transaction=True)


def counters(*, full: bool = True, fix: bool = False) -> list[Finding]:
    return list(inboxes.counters(full=full, fix=fix, tell=silent))


def test_drift_is_told_and_mended_when_asked() -> None:
    notify("alice", title="Hello", identifier="M")
    Inbox.objects.filter(pk="alice").update(unread=7)
    finding = only(counters())
    assert (finding.level, finding.detail) == (Level.PROBLEM, "alice: unread is 7, counted 1")
    assert only(counters(fix=True)).detail == "mended alice: unread is 7, counted 1"
    assert ledger.check("alice", seq=2).unread == 1
    assert only(counters()).level is Level.OK


def test_much_drift_is_summed_up() -> None:
    users = [f"user-{number:02}" for number in range(15)]
    notify_many(users, title="Hello", identifier="M")
    Inbox.objects.update(unread=7)
    found = counters()
    assert len(found) == 11
    assert found[-1].detail == "15 of 15 inboxes in all"
    counters(fix=True)
    for user in users:
        ledger.check(user)


def test_a_sample_is_bounded_and_full_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "SAMPLE", 3)
    notify_many([f"user-{number}" for number in range(8)], title="Hello", identifier="M")
    assert only(counters(full=False)).detail == "no drift in a sample of 3 inboxes; --full recounts all"
    assert only(counters(full=True)).detail == "no drift in 8 inboxes"


def test_notifications_in_no_inbox_are_found() -> None:
    notify("alice", title="Hello", identifier="M")
    Inbox.objects.all().delete()
    assert only(counters()).detail == "alice: notifications lie in no inbox"
    counters(fix=True)
    ledger.check("alice")
    assert only(counters()).level is Level.OK


def test_what_waits_for_a_clock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    notify("alice", title="Soon gone", identifier="M", expires_at=soon)
    assert only(inboxes.expiry()).level is Level.OK
    monkeypatch.setattr(inboxes.timezone, "now", lambda: soon + timedelta(minutes=2))
    finding = only(inboxes.expiry())
    assert (finding.level, "1 notifications" in finding.detail) == (Level.PROBLEM, True)
    monkeypatch.setattr(expire.timezone, "now", lambda: soon + timedelta(minutes=2))
    expire.expire_due()
    assert only(inboxes.expiry()).level is Level.OK
    assert not Notification.objects.live().exists()
