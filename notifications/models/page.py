"""A page of an inbox, in one statement with the head it belongs to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from django.db import connections

from . import numbering
from .change import Head
from .data import as_given
from .kept import kept
from .prepared import Prepared
from .queryset import NotificationQuerySet


class Row(NamedTuple):
    """A notification as far as it is shown. An instance of the model takes as long to make as the whole page."""

    id: int
    user_id: str
    seq: int
    title: str
    description: str
    identifier: str
    data: Any
    action_url: str | None
    priority: str
    read_at: datetime | None
    seen_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    deleted_at: datetime | None


_DATA = Row._fields.index("data")
_TIMES = [place for place, name in enumerate(Row._fields) if name.endswith("_at")]


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxPage:
    """The rows as of the head."""

    head: Head
    rows: Sequence[Row]


class PagePrepared:
    """``rows``: a slice of one inbox by id, the inbox being the blank ``user_id``.

    ``is_kept``: by the database as well; not where its plan depends on values, nor for one of hundreds of shapes.
    """

    def __init__(self, rows: NotificationQuerySet, *, is_kept: bool) -> None:
        self._is_kept = is_kept
        self._rows = Prepared(rows.values_list(*Row._fields))
        self._sql = (
            f"SELECT epoch, seq, unread, unseen, {numbering.IS_BEHIND}, {gathered(rows.db, self._rows.sql)} "
            "FROM notifications_inbox WHERE user_id = %s"
        )

    def ask(self, user_id: str, **values: object) -> InboxPage | None:
        """The newest first; None where there is no such inbox yet."""
        connection = connections[self._rows.using]
        with kept(connection.alias) if self._is_kept else connection.cursor() as cursor:
            cursor.execute(self._sql, [*self._rows.params({"user_id": user_id, **values}), user_id])
            found = cursor.fetchone()
        if found is None:
            return None
        epoch, seq, unread, unseen, is_behind, listed = found
        head = Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=bool(is_behind))
        rows = rows_in(listed, connection.timezone)
        rows.sort(key=_id, reverse=True)
        return InboxPage(head=head, rows=rows)


def gathered(using: str, sql: str) -> str:
    """A column: the rows of a query for ``Row._fields`` as one JSON document, or NULL for none, in no certain order.

    The database writes it: a driver would make each value of each row by itself.
    """
    array, gather, data, as_text = _WORDS[connections[using].vendor]
    columns = ", ".join(data if name == "data" else f"page.{name}" for name in Row._fields)
    return f"(SELECT {gather}({array}({columns})) FROM ({sql}) AS page){as_text}"


def rows_in(document: str | None, zone: tzinfo | None) -> list[Row]:
    """Those of such a column; ``zone`` is that of moments that do not say theirs."""
    return [_row(values, zone) for values in json.loads(document or "[]")]


_WORDS = {
    "postgresql": ("json_build_array", "json_agg", "page.data", "::text"),
    "sqlite": ("json_array", "json_group_array", "json(page.data)", ""),
}
"""To write an array, to gather rows into one, a column that is JSON already, and the whole as text."""


def _row(values: list[Any], zone: tzinfo | None) -> Row:
    if values[_DATA]:
        values[_DATA] = as_given(values[_DATA])
    for place in _TIMES:
        if values[place] is not None:
            moment = datetime.fromisoformat(values[place])
            values[place] = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return Row._make(values)


def _id(row: Row) -> int:
    return row.id
