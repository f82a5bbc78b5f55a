"""Looking at many inboxes in one statement: where each stands, and rows of it as of the same moment.

Were the rows read after the head, one that changes in between (is seen on another device, say) would be missing from
the range and come behind newer ones: too late to be announced. Were they read before, the range would claim more than
it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connections

from notifications import limits

from . import numbering, states
from .change import Head
from .documents import document_of, rows_of
from .inbox import Inbox
from .kept import kept
from .notification import Notification
from .page import Row, gathered, rows_in

_INBOX, _ROWS = Inbox._meta.db_table, Notification._meta.db_table
_HEAD = ", ".join(f"{_INBOX}.{name}" for name in ("user_id", "epoch", "seq", "unread", "unseen", "horizon"))
_USUAL = limits.CHANGES_MAX + 1, limits.PAGE_DEFAULT + 1
"""Limits of which the database keeps the statement."""
_ASKED = {"number": "integer", "user_id": "text", "since": "bigint"}


@dataclass(slots=True)
class Seen:
    """An inbox, and some of its rows; a cursor between 0 and the horizon cannot be served by changes."""

    head: Head
    horizon: int = 0
    rows: list[Row] = field(default_factory=list)


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
    connection = connections[Inbox.objects.db]
    document = document_of([{"number": number, **each} for number, each in enumerate(asked)])
    found: list[Seen | None] = [None] * len(asked)
    with kept(connection.alias) if limit in _USUAL else connection.cursor() as cursor:
        cursor.execute(_statement(connection.alias, what, limit), [document])
        for number, user_id, epoch, seq, unread, unseen, horizon, is_behind, rows in cursor.fetchall():
            head = Head(
                user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=bool(is_behind)
            )  # fmt: skip
            found[number] = Seen(head, horizon, rows_in(rows, connection.timezone))
    return found


@lru_cache
def _statement(using: str, what: str, limit: int) -> str:
    # The limit is in the text: of one that it does not know PostgreSQL takes a tenth of all rows.
    owner, mine = f"{_ROWS}.user_id", f"{_INBOX}.user_id"
    condition, order = {
        "changed": (f"{owner} = {mine} AND seq > given.since", "seq"),
        # Not =, with which the order would be that of id alone: PostgreSQL may then read the newest rows of everybody,
        # until it has found enough of this one.
        "newest": (f"{owner} >= {mine} AND {owner} <= {mine} AND {_sql(using, states.ACTIVE)}", f"{owner}, id DESC"),
    }[what]
    rows = f"SELECT {', '.join(Row._fields)} FROM {_ROWS} WHERE {condition} ORDER BY {order} LIMIT {limit}"
    inbox = f"JOIN {_INBOX} ON {_INBOX}.user_id = given.user_id"
    if connections[using].vendor == "postgresql":
        # LIMIT: each by its key. Beside the cost of the rows PostgreSQL takes any way to the inboxes for as good, and
        # would go through all of them.
        inbox = f"CROSS JOIN LATERAL (SELECT * FROM {_INBOX} WHERE user_id = given.user_id LIMIT 1) AS {_INBOX}"
    return (
        f"SELECT given.number, {_HEAD}, {numbering.IS_BEHIND}, {gathered(using, rows)} "
        f"FROM {rows_of(using, _ASKED)} {inbox}"
    )


def _sql(using: str, condition: Any) -> str:
    """A condition without parameters as SQL."""
    query = Notification._base_manager.using(using).filter(condition).query
    sql, _ = query.get_compiler(using).compile(query.where)
    return str(sql)
