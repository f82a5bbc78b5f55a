"""How much is unread in one inbox, and of what kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.db.models import FilteredRelation, Q

from notifications.models import Inbox
from notifications.models.change import Head
from notifications.models.inbox import IS_BEHIND
from notifications.models.prepared import Prepared, blank

from .reading import Settle, bring_up, settled


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """``by_identifier``: unread, without the zeros."""

    head: Head
    by_identifier: Mapping[str, int]


def counts_of(user_id: str, settle: Settle = bring_up) -> Counts:
    """In one query, so that they belong together."""
    return settled(user_id, lambda: _read(user_id), settle)


def _read(user_id: str) -> Counts | None:
    rows = _prepared(Inbox.objects.db).ask(user_id=user_id)
    if not rows:
        return None
    epoch, seq, unread, unseen, is_behind, *_ = rows[0]
    head = Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=is_behind)
    return Counts(head=head, by_identifier={row[5]: row[6] for row in rows if row[5] is not None})


@cache
def _prepared(using: str) -> Prepared:
    waiting = FilteredRelation("unread_counts", condition=Q(unread_counts__unread__gt=0))
    return Prepared(
        Inbox.objects.using(using)
        .filter(pk=blank("user_id", Inbox._meta.pk))
        .annotate(waiting=waiting)
        .order_by("waiting__identifier")
        .values_list("epoch", "seq", "unread", "unseen", IS_BEHIND, "waiting__identifier", "waiting__unread")
    )
