"""Pages by id: the newest first, and no row shifts or repeats while others are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from rest_framework.request import Request

from notifications.limits import MAX_ID
from notifications.models import Notification
from notifications.models.queryset import NotificationQuerySet
from notifications.wire import cursors
from notifications.wire.cursors import Cursor


@dataclass(frozen=True, kw_only=True)
class Page:
    """``older`` and ``newer`` are where the neighbouring pages begin, None where there is none."""

    rows: Sequence[Notification]
    older: Cursor | None
    newer: Cursor | None


def paginate(rows: NotificationQuerySet, *, cursor: Cursor | None, limit: int) -> Page:
    """One page, in one query."""
    if cursor is not None and cursor.direction == "newer":
        return _newer(rows, cursor, limit)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor.id)
    found = list(rows.order_by("-id")[: limit + 1])
    page = found[:limit]
    older = Cursor("older", page[-1].pk) if len(found) > limit else None
    newer = None if cursor is None else _cursor("newer", page[0].pk if page else cursor.id - 1)
    return Page(rows=page, older=older, newer=newer)


def link(request: Request, cursor: Cursor | None) -> str | None:
    """The absolute address of a page of the list that was asked for."""
    return None if cursor is None else address(request, cursors.encode(cursor))


def address(request: Request, cursor: str) -> str:
    asked = parse_qsl(str(request.META.get("QUERY_STRING", "")), keep_blank_values=True)
    query = [pair for pair in asked if pair[0] != "cursor"]
    return f"{request.build_absolute_uri(request.path)}?{urlencode([*query, ('cursor', cursor)])}"


def _newer(rows: NotificationQuerySet, cursor: Cursor, limit: int) -> Page:
    found = list(rows.filter(pk__gt=cursor.id).order_by("id")[: limit + 1])
    page = found[:limit][::-1]
    return Page(
        rows=page,
        older=_cursor("older", page[-1].pk if page else cursor.id + 1),
        newer=Cursor("newer", page[0].pk) if len(found) > limit else None,
    )


def _cursor(direction: str, identity: int) -> Cursor | None:
    return Cursor(direction, identity) if 1 <= identity <= MAX_ID else None  # type: ignore[arg-type]
