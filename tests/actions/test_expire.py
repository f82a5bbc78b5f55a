"""Expiry of many inboxes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import notify
from notifications.actions import expire
from notifications.models import Notification, UnreadCount

pytestmark = pytest.mark.django_db(transaction=True)


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
