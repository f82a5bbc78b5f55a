"""Pages of subscriptions in the order of a name: of users in a topic, of topics of a user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from notifications.models import Subscription
from notifications.wire.name_cursors import NameCursor


@dataclass(frozen=True, kw_only=True)
class NamePage:
    """``after`` and ``before`` are where the neighbouring pages begin, None where there is none."""

    rows: Sequence[Subscription]
    after: NameCursor | None
    before: NameCursor | None


def paginate(rows: QuerySet[Subscription], name: str, *, cursor: NameCursor | None, limit: int) -> NamePage:
    """One page, in one query, in the order of the column ``name``."""
    backwards = cursor is not None and cursor.direction == "before"
    if cursor is not None:
        rows = rows.filter(**{f"{name}__{'lt' if backwards else 'gt'}": cursor.name})
    found = list(rows.order_by(f"-{name}" if backwards else name)[: limit + 1])
    is_cut = len(found) > limit
    page = found[:limit][::-1] if backwards else found[:limit]
    if not page:
        return NamePage(rows=[], after=None, before=None)
    # Where the cursor came from there was a row; on the other side there is one if the look found more.
    after = NameCursor("after", getattr(page[-1], name)) if is_cut or backwards else None
    before = NameCursor("before", getattr(page[0], name)) if (is_cut if backwards else cursor is not None) else None
    return NamePage(rows=page, after=after, before=before)
