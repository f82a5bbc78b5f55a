"""Looking at many inboxes in one statement: where each stands, and rows of it as of the same moment.

Were the rows read after the head, one that changes in between (is seen on another device, say) would be missing from
the range and come behind newer ones: too late to be announced. Were they read before, the range would claim more than
it holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connections

from . import numbering, states
from .change import Head
from .inbox import Inbox
from .notification import Notification

_INBOX, _ROWS = Inbox._meta.db_table, Notification._meta.db_table
_HEAD = ("epoch", "seq", "unread", "unseen", "horizon")
_FIELDS = Notification._meta.concrete_fields


@dataclass(slots=True)
class Seen:
    """An inbox, and some of its rows; a cursor between 0 and the horizon cannot be served by changes."""

    head: Head
    horizon: int = 0
    rows: list[Notification] = field(default_factory=list)


def changed(cursors: Sequence[tuple[str, int]], *, limit: int) -> list[Seen | None]:
    """For each (user_id, since) the rows after it, by seq, ``limit`` at most; None for an inbox that is not there."""
    found = _look("changed", [{"user_id": user_id, "since": since} for user_id, since in cursors], limit)
    for seen in filter(None, found):
        seen.rows.sort(key=lambda row: row.seq)
    return found


def newest(user_ids: Sequence[str], *, limit: int) -> list[Seen | None]:
    """For each the newest active rows, newest first, ``limit`` at most."""
    found = _look("newest", [{"user_id": user_id} for user_id in user_ids], limit)
    for seen in filter(None, found):
        seen.rows.sort(key=lambda row: -row.id)
    return found


def _look(what: str, asked: Sequence[dict[str, Any]], limit: int) -> list[Seen | None]:
    using = Inbox.objects.db
    document = json.dumps([{"place": place, **each} for place, each in enumerate(asked)])
    found: list[Seen | None] = [None] * len(asked)
    with connections[using].cursor() as cursor:
        cursor.execute(_statement(using, what), [document, limit])
        for place, epoch, seq, unread, unseen, horizon, is_behind, *values in _converted(using, cursor.fetchall()):
            seen = found[place]
            if seen is None:
                head = Head(
                    user_id=asked[place]["user_id"], epoch=epoch, seq=seq, unread=unread, unseen=unseen,
                    is_behind=bool(is_behind),
                )  # fmt: skip
                seen = found[place] = Seen(head, horizon)
            if values[0] is not None:
                seen.rows.append(Notification.from_db(using, [each.attname for each in _FIELDS], values))
    return found


@lru_cache
def _statement(using: str, what: str) -> str:
    """PostgreSQL reads the rows of each inbox beside it; SQLite, which cannot, finds their ids there."""
    connection = connections[using]
    is_sqlite = connection.vendor == "sqlite"
    since = "json_extract(asked.value, '$.since')" if is_sqlite else "asked.since"
    condition, order = {
        "changed": (f"seq > {since}", "seq"),
        "newest": (_sql(using, states.ACTIVE), "id DESC"),
    }[what]
    columns = ", ".join(
        ["place", *(f"{_INBOX}.{name}" for name in _HEAD), numbering.IS_BEHIND, *(f"row.{f.column}" for f in _FIELDS)]
    )
    mine = f"FROM {_ROWS} WHERE {_ROWS}.user_id = {_INBOX}.user_id AND {condition} ORDER BY {order} LIMIT %s"
    if is_sqlite:
        return (
            f"SELECT asked.key AS {columns} FROM json_each(%s) AS asked "
            f"JOIN {_INBOX} ON {_INBOX}.user_id = json_extract(asked.value, '$.user_id') "
            f"LEFT JOIN {_ROWS} AS row ON row.id IN (SELECT id {mine})"
        )
    return (
        f"SELECT {columns} FROM json_to_recordset(%s::json) AS asked (place int, user_id text, since bigint) "
        f"JOIN {_INBOX} ON {_INBOX}.user_id = asked.user_id LEFT JOIN LATERAL (SELECT * {mine}) AS row ON true"
    )


def _sql(using: str, condition: Any) -> str:
    """A condition without parameters as SQL."""
    query = Notification._base_manager.using(using).filter(condition).query
    sql, _ = query.get_compiler(using).compile(query.where)
    return str(sql)


def _converted(using: str, rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """What the database says, as the fields hold it: SQLite keeps moments as text, both keep ``data`` as such."""
    connection = connections[using]
    before = 2 + len(_HEAD)
    converters = _converters(using)
    for row in rows:
        values = list(row)
        for place, expression, convert in converters:
            if values[before + place] is not None:
                values[before + place] = convert(values[before + place], expression, connection)
        yield values


@lru_cache
def _converters(using: str) -> list[tuple[int, Any, Any]]:
    connection = connections[using]
    found = []
    for place, each in enumerate(_FIELDS):
        column = each.get_col(_ROWS)
        own = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]
        found += [(place, column, convert) for convert in own]
    return found
