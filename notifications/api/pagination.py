"""Pages by id: the newest first, and no row shifts or repeats while others are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from rest_framework.request import Request

from notifications.limits import MAX_ID
from notifications.models import Notification
from notifications.models.page import Row
from notifications.models.queryset import NotificationQuerySet
from notifications.wire import cursors
from notifications.wire.cursors import Cursor


@dataclass(frozen=True, kw_only=True)
class Page:
    """``older`` and ``newer`` are where the neighbouring pages begin, None where there is none."""

    rows: Sequence[Notification | Row]
    older: Cursor | None
    newer: Cursor | None


def paginate(rows: NotificationQuerySet, *, cursor: Cursor | None, limit: int) -> Page:
    """One page, in one query."""
    found = list(beyond(rows, cursor, limit))
    return cut(found[::-1] if _is_newer(cursor) else found, cursor, limit)


def beyond(rows: NotificationQuerySet, cursor: Cursor | None, limit: int) -> NotificationQuerySet:
    """The rows of the page, and one more that tells whether there is another; in the direction of the cursor."""
    if cursor is not None:
        rows = rows.filter(pk__gt=cursor.id) if _is_newer(cursor) else rows.filter(pk__lt=cursor.id)
    return rows.order_by("id" if _is_newer(cursor) else "-id")[: limit + 1]


def cut(found: Sequence[Notification | Row], cursor: Cursor | None, limit: int) -> Page:
    """The page of what was found there, the newest first."""
    has_more = len(found) > limit
    if cursor is not None and _is_newer(cursor):
        page = found[-limit:]
        older = _cursor("older", page[-1].id if page else cursor.id + 1)
        newer = Cursor("newer", page[0].id) if has_more else None
        return Page(rows=page, older=older, newer=newer)
    page = found[:limit]
    older = Cursor("older", page[-1].id) if has_more else None
    newer = None if cursor is None else _cursor("newer", page[0].id if page else cursor.id - 1)
    return Page(rows=page, older=older, newer=newer)


def link(request: Request, cursor: Cursor | None) -> str | None:
    """The absolute address of a page of the list that was asked for."""
    return None if cursor is None else address(request, cursors.encode(cursor))


def address(request: Request, cursor: str) -> str:
    asked = parse_qsl(str(request.META.get("QUERY_STRING", "")), keep_blank_values=True)
    query = [pair for pair in asked if pair[0] != "cursor"]
    return f"{request.build_absolute_uri(request.path)}?{urlencode([*query, ('cursor', cursor)])}"


def _is_newer(cursor: Cursor | None) -> bool:
    return cursor is not None and cursor.direction == "newer"


def _cursor(direction: str, identity: int) -> Cursor | None:
    return Cursor(direction, identity) if 1 <= identity <= MAX_ID else None  # type: ignore[arg-type]
