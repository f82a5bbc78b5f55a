"""Expiry of many inboxes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import announce, notify, notify_many
from notifications.actions import expire, shares
from notifications.actions.catch_up import head_of
from notifications.actions.notify import create_batch
from notifications.models import Inbox, Notification, UnreadCount
from tests import ledger
from tests.counted import counted
from tests.held import held, quick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_broken_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expire, "_broken", set())


def test_a_broken_inbox_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    later = timezone.now() + timedelta(minutes=1)
    for user in ("alice", "bob"):
        notify(user, title="Soon gone", identifier="M", expires_at=later)
    UnreadCount.objects.filter(inbox="alice").update(unread=0)
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    assert expire.expire_due() == 1
    assert not Notification.objects.for_user("bob").exists()
    assert Notification.objects.for_user("alice").exists()
    assert "alice" in caplog.text


def test_a_broken_inbox_is_told_once_until_it_is_mended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [timezone.now() + timedelta(minutes=1)]
    notify("alice", title="Soon gone", identifier="M", expires_at=now[0])
    monkeypatch.setattr(expire.timezone, "now", lambda: now[0])
    UnreadCount.objects.filter(inbox="alice").update(unread=0)
    looks = counted("notifications_expiry_lag_seconds_count")
    assert [expire.expire_due() for _ in range(3)] == [0, 0, 0]
    assert len(caplog.messages) == 1
    assert counted("notifications_expiry_lag_seconds_count") == looks + 1
    UnreadCount.objects.filter(inbox="alice").update(unread=1)
    assert [expire.expire_due() for _ in range(2)] == [1, 0]
    notify("alice", title="Soon gone", identifier="M", expires_at=now[0] + timedelta(minutes=1))
    now[0] += timedelta(minutes=2)
    UnreadCount.objects.filter(inbox="alice").update(unread=0)
    assert [expire.expire_due() for _ in range(2)] == [0, 0]
    assert len(caplog.messages) == 2


def test_an_inbox_that_was_mended_hears_first_that_an_end_was_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(minutes=1)
    Inbox.objects.open("alice")
    announcement = announce(title="News", identifier="OPS", expires_at=later)
    head_of("alice")
    announcement.expires_at = later + timedelta(days=1)
    announcement.save()
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    monkeypatch.setattr(expire, "_broken", {"alice"})  # it was, a second ago
    assert expire.expire_due() == 0
    assert Notification.objects.for_user("alice").get().expires_at == announcement.expires_at


def test_many_inboxes_that_are_due_at_once_share_their_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(minutes=1)
    notify_many(range(1, 2001), title="Soon gone", identifier="M", expires_at=later)
    notify(5, title="Stays", identifier="M")
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    with CaptureQueriesContext(connection) as captured:
        assert expire.expire_due() == 2000
    assert len([query for query in captured if "notifications_" in query["sql"]]) <= 1 + 2 * 5
    assert list(Notification.objects.live().values_list("title", flat=True)) == ["Stays"]
    assert Inbox.objects.filter(unread=0, unseen=0, seq=2).count() == 1999
    assert not UnreadCount.objects.filter(unread__gt=0).exclude(inbox="5").exists()


def test_only_the_broken_one_of_many_inboxes_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    later = timezone.now() + timedelta(minutes=1)
    notify_many(range(1, 51), title="Soon gone", identifier="M", expires_at=later)
    UnreadCount.objects.filter(inbox="17").update(unread=0)
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    assert expire.expire_due() == 49
    assert expire.expire_due() == 0
    assert list(Notification.objects.live().values_list("user_id", flat=True)) == ["17"]


@pytest.mark.on_postgresql
def test_all_but_the_held_one_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "INBOXES", 3)
    later = timezone.now() + timedelta(minutes=1)
    notify_many(range(1, 10), title="Soon gone", identifier="M", expires_at=later)
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    with held("5"), quick():
        assert expire.expire_due() == 8
        assert expire.expire_due() == 0
        assert list(Notification.objects.live().values_list("user_id", flat=True)) == ["5"]
    assert expire.expire_due() == 1
    assert not Notification.objects.live().exists()


def test_an_inbox_with_much_that_is_due_expires_in_short_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROWS", 50)
    later = timezone.now() + timedelta(minutes=1)
    create_batch([{"user_id": "alice", "title": "Soon gone", "identifier": "M", "expires_at": later}] * 120)
    notify_many(range(1, 61), title="Soon gone", identifier="M", expires_at=later)
    monkeypatch.setattr(expire.timezone, "now", lambda: later)
    change, sizes = expire.change_inboxes, []

    def note(*args: Any) -> Any:
        done = change(*args)
        sizes.append(done[0])
        return done

    monkeypatch.setattr(expire, "change_inboxes", note)
    assert expire.expire_due() == 180
    assert sorted(sizes) == [10, 20, 50, 50, 50]
    ledger.check("alice")
