"""One verb on many notifications, in portions: each is one short transaction, and heard by every device."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from notifications.models import Notification
from notifications.models.states import VERBS

PORTION = 500
MOST = 10_000
"""What one request changes; who chose a million rows runs the action again."""


def apply_in_portions(chosen: QuerySet[Any], verb: str) -> tuple[int, bool]:
    """How many changed, newest first, and whether there are more to change."""
    todo = chosen.filter(VERBS[verb].changes).order_by("-pk").values_list("pk", flat=True)
    portion, changed, looked_at = list(todo[:PORTION]), 0, 0
    while portion and looked_at < MOST:
        changed += Notification.objects.filter(pk__in=portion).apply(verb)
        looked_at += len(portion)
        portion = list(todo.filter(pk__lt=portion[-1])[:PORTION])
    return changed, bool(portion)
