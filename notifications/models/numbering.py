"""The law of the numbering: the only statements that move an inbox's seq and its counters.

Each takes the inbox's row lock and holds it to commit, before any notification row is written. Commit order is
therefore seq order, a number below a visible one is visible, and the counts returned belong to that number.
On SQLite the same statement takes the database's write lock: nothing is read before it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper

from .change import Head
from .documents import document_of, rows_of
from .kept import kept

_TABLE = "notifications_inbox"
BOARD_SEQ = "COALESCE((SELECT notifications_board.seq FROM notifications_board), 0)"
IS_BEHIND = f"{_TABLE}.board_seq < {BOARD_SEQ}"
"""Whether an inbox has announcements to take in: asked within the statements that read it anyway."""
_RETURNING = "RETURNING " + ", ".join(
    [*(f"{_TABLE}.{column}" for column in ("user_id", "epoch", "seq", "unread", "unseen")), IS_BEHIND]
)
# An inbox that opens has missed what was announced before, unless some of that is for new inboxes, too.
_BOARD_AT_OPENING = (
    "CASE WHEN EXISTS (SELECT 1 FROM notifications_announcement WHERE include_new AND retracted_at IS NULL) "
    f"THEN 0 ELSE {BOARD_SEQ} END"
)
_STEP = {"user_id": "text", "epoch": "text", "seq": "bigint", "unread": "integer", "unseen": "integer"}


class Step(NamedTuple):
    """``changes`` numbers to take in one inbox, and what they add to its counters."""

    user_id: str
    changes: int = 0
    unread: int = 0
    unseen: int = 0


def advance(using: str, steps: Iterable[Step]) -> dict[str, Head]:
    """Take numbers in inboxes that may not exist yet, in one statement; nothing in a step is negative.

    Rows are locked in user_id order, so two wide sends cannot deadlock.
    """
    ordered = sorted(steps, key=lambda step: step.user_id)
    document = [
        {"user_id": step.user_id, "epoch": epoch, "seq": step.changes, "unread": step.unread, "unseen": step.unseen}
        for step, epoch in zip(ordered, new_epochs(len(ordered)), strict=True)
    ]
    # WHERE: without it SQLite would take ON CONFLICT for a join.
    sql = (
        f"INSERT INTO {_TABLE} (user_id, epoch, seq, unread, unseen, horizon, board_seq, opened_board_seq) "
        f"SELECT user_id, epoch, seq, unread, unseen, 0, {_BOARD_AT_OPENING}, {BOARD_SEQ} "
        f"FROM {rows_of(using, _STEP)} WHERE true ORDER BY place "
        f"ON CONFLICT (user_id) DO UPDATE SET seq = {_TABLE}.seq + excluded.seq, "
        f"unread = {_TABLE}.unread + excluded.unread, unseen = {_TABLE}.unseen + excluded.unseen {_RETURNING}"
    )
    return {head.user_id: head for head in _run(kept(using), sql, [document_of(document)])}


def lock(using: str, user_ids: Iterable[str]) -> dict[str, Head]:
    """Hold inboxes to the end of the transaction; one that does not exist yet is opened."""
    return advance(using, map(Step, user_ids))


def hold(using: str, user_ids: Sequence[str]) -> set[str]:
    """Lock those inboxes that exist, in user_id order, and open none: for verbs that take rows away for good."""
    connection = connections[using]
    names = ", ".join(["%s"] * len(user_ids))
    if connection.vendor == "sqlite":  # one writer: there is no order
        sql = f"UPDATE {_TABLE} SET seq = seq WHERE user_id IN ({names}) RETURNING user_id"
    else:
        # The order in which Python sorts, as everywhere, whatever the collation of the database.
        sql = f'SELECT user_id FROM {_TABLE} WHERE user_id IN ({names}) ORDER BY user_id COLLATE "C" FOR UPDATE'
    with connection.cursor() as cursor:
        cursor.execute(sql, list(user_ids))
        return {user_id for (user_id,) in cursor.fetchall()}


def held(using: str, user_ids: Sequence[str]) -> set[str]:
    """Those inboxes that another transaction holds at this moment, on PostgreSQL: nobody is waited for."""
    names = ", ".join(["%s"] * len(user_ids))
    named = f"SELECT user_id FROM {_TABLE} WHERE user_id IN ({names})"
    # NO KEY, as those lock who move an inbox: who only refers to it holds nobody up.
    sql = f"WITH free AS ({named} FOR NO KEY UPDATE SKIP LOCKED) {named} AND user_id NOT IN (SELECT user_id FROM free)"
    with connections[using].cursor() as cursor:
        cursor.execute(sql, [*user_ids, *user_ids])
        return {user_id for (user_id,) in cursor.fetchall()}


def settle(using: str, steps: Sequence[Step], *, board_seq: int | None = None) -> dict[str, Head]:
    """Take numbers in inboxes that are locked already, their counters moving either way, in one statement.

    ``board_seq``: how far they have now taken the board in.
    """
    values = ", ".join(["(%s, %s, %s, %s)"] * len(steps))
    sql = (
        f"UPDATE {_TABLE} SET seq = seq + step.column2, unread = unread + step.column3, unseen = unseen + step.column4"
        f"{'' if board_seq is None else ', board_seq = %s'} "
        f"FROM (VALUES {values}) AS step WHERE {_TABLE}.user_id = step.column1 {_RETURNING}"
    )
    taken_in = [] if board_seq is None else [board_seq]
    params = chain(taken_in, chain.from_iterable((s.user_id, s.changes, s.unread, s.unseen) for s in steps))
    return {head.user_id: head for head in _run(connections[using].cursor(), sql, list(params))}


def renew(using: str, user_ids: Iterable[str]) -> int:
    """Give existing inboxes a new epoch each, so that no cursor is good any more; returns how many there were."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        # One by one: a single UPDATE would lock them in an order of its own, and could deadlock with a wide send.
        cursor.executemany(
            f"UPDATE {_TABLE} SET epoch = %s WHERE user_id = %s", [(new_epoch(), user) for user in sorted(user_ids)]
        )
        renewed: int = cursor.rowcount
        return renewed


def raise_horizons(using: str, highest: Mapping[str, int]) -> None:
    """Let no cursor below these be served by changes, in inboxes that are locked already; a horizon never falls."""
    if not highest:
        return
    values = ", ".join(["(%s, %s)"] * len(highest))
    sql = (
        f"UPDATE {_TABLE} SET horizon = step.column2 FROM (VALUES {values}) AS step "
        f"WHERE {_TABLE}.user_id = step.column1 AND {_TABLE}.horizon < step.column2"
    )
    with connections[using].cursor() as cursor:
        cursor.execute(sql, list(chain.from_iterable(highest.items())))


def new_epoch() -> str:
    """An identity no other numbering has (64 random bits)."""
    return new_epochs(1)[0]


def new_epochs(number: int) -> list[str]:
    """As many, of which most are not used: an inbox that exists keeps its own."""
    text, length = secrets.token_hex(8 * number), 16
    return [text[start : start + length] for start in range(0, len(text), length)]


def _run(opened: CursorWrapper, sql: str, params: list[Any]) -> list[Head]:
    with opened as cursor:
        cursor.execute(sql, params)
        return [
            Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=bool(is_behind))
            for user_id, epoch, seq, unread, unseen, is_behind in cursor.fetchall()
        ]
