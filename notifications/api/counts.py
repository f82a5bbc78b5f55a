"""How much is unread in one inbox, and of what kind."""

from __future__ import annotations

from django.db.models import FilteredRelation, Q

from notifications.actions.catch_up import caught_up
from notifications.models import Inbox
from notifications.models.change import Head
from notifications.models.inbox import IS_BEHIND


def counts_of(user_id: str) -> tuple[Head, dict[str, int]]:
    """The head, and unread per identifier without the zeros; one query, so that they belong together."""
    head, by_identifier = _read(user_id)
    if head.is_behind:
        caught_up(head)
        head, by_identifier = _read(user_id)
    return head, by_identifier


def _read(user_id: str) -> tuple[Head, dict[str, int]]:
    waiting = FilteredRelation("unread_counts", condition=Q(unread_counts__unread__gt=0))
    rows = list(
        Inbox.objects.filter(pk=user_id)
        .annotate(waiting=waiting)
        .order_by("waiting__identifier")
        .values_list("epoch", "seq", "unread", "unseen", IS_BEHIND, "waiting__identifier", "waiting__unread")
    )
    if not rows:
        return Inbox.objects.open(user_id), {}
    epoch, seq, unread, unseen, is_behind, *_ = rows[0]
    head = Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=is_behind)
    return head, {row[5]: row[6] for row in rows if row[5] is not None}
