"""Delivering announcements to lists: part after part, each one transaction, by whichever process comes first.

A part and its rows are committed together, so that a process that dies leaves the part as it was; the next one, or the
same when it is back, goes on exactly there.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from notifications.models import AnnouncementPart, numbering
from notifications.models.retries import retried

from .catch_up import take_in
from .sparing import spare_the_others


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
    def insert(some: list[str]) -> int:
        with transaction.atomic(using=using):
            take_in(using, numbering.lock(using, some), listed=announcement_id)
        return len(some)

    if user_ids:
        spare_the_others(insert, user_ids, cannot="take an announcement in")
