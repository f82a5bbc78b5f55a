"""What is announced, and what a user reads of it."""

from __future__ import annotations

from notifications.actions.catch_up import head_of
from notifications.models import Notification
from tests import ledger

OPS = {"title": "Maintenance at noon", "identifier": "OPS"}


def titles(user: str) -> list[str]:
    """Newest first."""
    return [row.title for row in Notification.objects.active().filter(user_id=user).order_by("-id")]


def titles_after_reading(user: str) -> list[str]:
    head_of(user)
    ledger.check(user)
    return titles(user)
