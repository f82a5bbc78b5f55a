"""One verb on many notifications, in portions: each is one short transaction, and heard by every device."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from notifications.actions.mark import mark
from notifications.models import Notification
from notifications.models.retries import retried
from notifications.models.states import VERBS

PORTION = 500
MOST = 2_000
"""What one request changes: some 5 s when each lies in an inbox of its own. Who chose a million runs it again."""


def apply_in_portions(chosen: QuerySet[Any], verb: str) -> tuple[int, bool]:
    """How many changed, newest first, and whether there are more to change."""
    todo = chosen.filter(VERBS[verb].changes).order_by("-pk").values_list("pk", "user_id")
    portion, changed, looked_at = list(todo[:PORTION]), 0, 0
    while portion and looked_at < MOST:
        changed += _apply(portion, verb)
        looked_at += len(portion)
        portion = list(todo.filter(pk__lt=portion[-1][0])[:PORTION])
    return changed, bool(portion)


@retried
def _apply(portion: Sequence[tuple[int, str]], verb: str) -> int:
    ids: dict[str, list[int]] = defaultdict(list)
    for key, user_id in portion:
        ids[user_id].append(key)
    with transaction.atomic(using=Notification.objects.db):
        # In the order of user_id, as every verb over several inboxes, so that two of them cannot deadlock.
        return sum(mark(user_id, verb, ids=ids[user_id]).changed for user_id in sorted(ids))
