"""Delivering announcements to lists: part after part, each one transaction, by whichever process comes first.

A part and its rows are committed together, so that a process that dies leaves the part as it was; the next one, or the
same when it is back, goes on exactly there.
"""

from __future__ import annotations

import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from notifications.models import AnnouncementPart, numbering
from notifications.models.retries import retried

from .catch_up import take_in

logger = logging.getLogger("notifications.actions")


def deliver_next() -> bool:
    """Deliver one part; False when none waits."""
    pk = AnnouncementPart.objects.filter(delivered_at__isnull=True).order_by("pk").values_list("pk", flat=True).first()
    if pk is None:
        return False
    _deliver(pk)
    return True


@retried
def _deliver(pk: int) -> None:
    using = AnnouncementPart.objects.db
    waiting = AnnouncementPart.objects.filter(pk=pk, delivered_at__isnull=True)
    with transaction.atomic(using=using):
        # The write first: a rival waits here, and then finds nothing to do.
        if not waiting.update(delivered_at=timezone.now()):
            return
        part = AnnouncementPart.objects.get(pk=pk)
        _insert(using, part.user_ids, part.announcement_id)
        AnnouncementPart.objects.filter(pk=pk).update(user_ids=[])  # who they were is nobody's business any more


def _insert(using: str, user_ids: list[str], announcement_id: int) -> None:
    if not user_ids:
        return
    try:
        with transaction.atomic(using=using):
            take_in(using, numbering.lock(using, user_ids), listed=announcement_id)
    except IntegrityError as problem:
        # One inbox whose counters were meddled with must not hold up all others.
        if len(user_ids) == 1:
            logger.error("Inbox %s cannot take an announcement in: %s", user_ids[0], " ".join(str(problem).split()))
            return
        half = len(user_ids) // 2
        _insert(using, user_ids[:half], announcement_id)
        _insert(using, user_ids[half:], announcement_id)
