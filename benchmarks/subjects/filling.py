"""Fragments of SQL that make many rows at once, for either database."""

from __future__ import annotations

from dataclasses import dataclass

from .message import DESCRIPTION

BIG_EVERY = 10
"""Every tenth row is the big inbox's."""
EACH = 900
"""What the others hold."""


@dataclass(frozen=True, kw_only=True)
class Filling:
    """Rows numbered ``i`` from 1 to ``rows``; ``user`` and ``seq`` are SQL of it. ``users``: how many of each name."""

    rows: int
    user: str
    seq: str
    users: dict[str, tuple[int, int]]
    """Prefix of the name → (how many users, how many rows each)."""


def evenly(users: int, each: int) -> Filling:
    """u1, u2 … in turn."""
    return Filling(
        rows=users * each,
        user=f"'u' || ((i - 1) % {users} + 1)",
        seq=f"(i - 1) / {users} + 1",
        users={"u": (users, each)},
    )


def unevenly(rows: int) -> Filling:
    """A tenth for u1, in between the rows of o1, o2 …, who hold 900 each; ``rows`` is a multiple of 1,000."""
    others = max(1, rows // (EACH + EACH // (BIG_EVERY - 1)))
    other = f"(i - i / {BIG_EVERY} - 1)"  # how many of the others' rows came before
    return Filling(
        rows=rows,
        user=f"CASE WHEN i % {BIG_EVERY} = 0 THEN 'u1' ELSE 'o' || ({other} % {others} + 1) END",
        seq=f"CASE WHEN i % {BIG_EVERY} = 0 THEN i / {BIG_EVERY} ELSE {other} / {others} + 1 END",
        users={"u": (1, rows // BIG_EVERY), "o": (others, (rows - rows // BIG_EVERY) // others)},
    )


def inboxes(users: int) -> Filling:
    """u1, u2 …, who hold nothing yet."""
    return Filling(rows=0, user="'u1'", seq="1", users={"u": (users, 0)})


def engine_statements(filling: Filling, *, is_sqlite: bool) -> list[str]:
    """What ``create`` would have stored."""
    epoch = "lower(hex(randomblob(8)))" if is_sqlite else "substr(md5(random()::text), 1, 16)"
    statements = []
    for prefix, (users, each) in filling.users.items():
        who = f"'{prefix}' || i"
        statements += [
            "INSERT INTO notifications_inbox "
            "(user_id, epoch, seq, unread, unseen, horizon, board_seq, opened_board_seq) "
            f"SELECT {who}, {epoch}, {each}, {each}, {each}, 0, 0, 0 FROM {numbers(is_sqlite, users)}",
            "INSERT INTO notifications_unreadcount (user_id, identifier, unread) "
            f"SELECT {who}, 'MESSAGE', {each} FROM {numbers(is_sqlite, users)} WHERE {each} > 0",
        ]
    return [*statements, notifications(filling, is_sqlite=is_sqlite)]


def notifications(filling: Filling, *, is_sqlite: bool) -> str:
    """The rows alone, in one statement."""
    moment = _moment(is_sqlite)
    return (
        "INSERT INTO notifications_notification (user_id, seq, title, description, identifier, data, priority, "
        f"created_at, updated_at) SELECT {filling.user}, {filling.seq}, 'n' || i, '{DESCRIPTION}', 'MESSAGE', '{{}}', "
        f"'normal', {moment}, {moment} FROM {numbers(is_sqlite, filling.rows)}"
    )


def baseline_statements(filling: Filling, *, is_sqlite: bool) -> list[str]:
    return [
        "INSERT INTO inbox_notification (user_id, title, description, identifier, is_read, created_at) "
        f"SELECT {filling.user}, 'n' || i, '{DESCRIPTION}', 'MESSAGE', false, {_moment(is_sqlite)} "
        f"FROM {numbers(is_sqlite, filling.rows)}"
    ]


def subscriptions(topic: str, users: int, *, is_sqlite: bool) -> str:
    """u1, u2 … are subscribed."""
    return (
        "INSERT INTO notifications_subscription (topic, user_id, created_at) "
        f"SELECT '{topic}', 'u' || i, {_moment(is_sqlite)} FROM {numbers(is_sqlite, users)}"
    )


def numbers(is_sqlite: bool, count: int) -> str:
    """A table with a column ``i`` from 1 to ``count``."""
    if is_sqlite:
        return (
            f"(WITH RECURSIVE counted(i) AS (SELECT 1 WHERE {count} > 0 UNION ALL "
            f"SELECT i + 1 FROM counted WHERE i < {count}) SELECT i FROM counted) AS series"
        )
    return f"generate_series(1, {count}) AS series(i)"


def _moment(is_sqlite: bool) -> str:
    return (
        "datetime('2026-01-01', '+' || i || ' seconds')"
        if is_sqlite
        else ("timestamptz '2026-01-01' + i * interval '1 second'")
    )
