"""Notifications that are older than the test."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import Notification, numbering

NOW = timedelta(0)


def aged(user_id: str, *, days: float, ago: timedelta = NOW, deleted: bool = False, **fields: Any) -> Notification:
    """One that was created so many days (and ``ago``) before now, and perhaps ``deleted`` at that very moment."""
    moment = timezone.now() - timedelta(days=days) - ago
    made = Notification.from_input({"user_id": user_id, "title": "Old", "identifier": "M", **fields}, now=moment)
    made.save()
    if deleted:
        Notification.objects.filter(pk=made.pk).delete()
        move_deletion(made, moment)
    return made


def move_deletion(tombstone: Notification, moment: datetime) -> None:
    """Let it have been deleted then. The guard in the database wants a higher seq for that, as for any change."""
    head = numbering.advance("default", [numbering.Step(tombstone.user_id, 1)])[tombstone.user_id]
    QuerySet(Notification).filter(pk=tombstone.pk).update(deleted_at=moment, seq=head.seq)
    tombstone.refresh_from_db()
