"""Expiring what is due: deleting it, as a change like any other."""

from __future__ import annotations

import logging

from django.db import IntegrityError
from django.utils import timezone

from notifications.models import Notification
from notifications.models.changing import change_inbox
from notifications.models.queryset import NotificationQuerySet
from notifications.models.states import LIVE, VERBS

logger = logging.getLogger("notifications.jobs")

BATCH = 500


def expire_due() -> int:
    """Expire what is due in up to 500 inboxes, one transaction each; returns how many notifications.

    The condition is checked again under the lock: of several processes one does it, and a row whose
    ``expires_at`` was moved meanwhile stays.
    """
    due = Notification.objects.filter(LIVE, expires_at__lte=timezone.now())
    owners = sorted(set(due.order_by("expires_at").values_list("user_id", flat=True)[:BATCH]))
    return sum(_expire(user_id, due) for user_id in owners)


def _expire(user_id: str, due: NotificationQuerySet) -> int:
    try:
        return change_inbox(user_id, due, VERBS["delete"])[0]
    except IntegrityError:
        # One inbox whose counters were meddled with must not hold up all others.
        logger.exception("What is due in inbox %s cannot be expired.", user_id)
        return 0
