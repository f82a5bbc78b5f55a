"""Expiring what is due: deleting it, as a change like any other."""

from __future__ import annotations

from django.utils import timezone

from notifications.models import Notification
from notifications.models.changing import change_inbox
from notifications.models.states import LIVE, VERBS

BATCH = 500


def expire_due() -> int:
    """Expire up to 500 due notifications, one transaction per inbox; returns how many.

    The condition is checked again under the lock: of several processes one does it, and a row whose
    ``expires_at`` was moved meanwhile stays.
    """
    due = Notification.objects.filter(LIVE, expires_at__lte=timezone.now())
    owners = sorted(set(due.order_by("expires_at").values_list("user_id", flat=True)[:BATCH]))
    return sum(change_inbox(user_id, due, VERBS["delete"])[0] for user_id in owners)
