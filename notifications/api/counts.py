"""How much is unread in one inbox, and of what kind."""

from __future__ import annotations

from django.db.models import FilteredRelation, Q

from notifications.models import Inbox
from notifications.models.change import Head


def counts_of(user_id: str) -> tuple[Head, dict[str, int]]:
    """The head, and unread per identifier without the zeros; one query, so that they belong together."""
    waiting = FilteredRelation("unread_counts", condition=Q(unread_counts__unread__gt=0))
    rows = list(
        Inbox.objects.filter(pk=user_id)
        .annotate(waiting=waiting)
        .order_by("waiting__identifier")
        .values_list("epoch", "seq", "unread", "unseen", "waiting__identifier", "waiting__unread")
    )
    if not rows:
        return Inbox.objects.open(user_id), {}
    epoch, seq, unread, unseen, *_ = rows[0]
    head = Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen)
    return head, {row[4]: row[5] for row in rows if row[4] is not None}
