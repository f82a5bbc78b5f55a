"""The copies of announcements: rows that inboxes hold, written many at once while their inboxes are locked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db import connections
from django.utils import timezone

from .announcement import EDITABLE
from .notification import Notification
from .queryset import NotificationQuerySet
from .states import VERBS

_TABLE = "notifications_notification"
_ANNOUNCEMENT = "notifications_announcement"
WRITTEN = 5_000
"""In one statement: three parameters each, of which SQLite takes 32,766."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A live row of an inbox that came from an announcement, and what it adds to the counters."""

    id: int
    user_id: str
    announcement_id: int
    identifier: str
    unread: int
    unseen: int


def read(rows: NotificationQuerySet) -> Iterator[Copy]:
    """The copies among live rows, in the order of their ids."""
    fields = "id", "user_id", "announcement_id", "identifier", "archived_at", "read_at", "seen_at"
    found: Any = rows.order_by("id").values_list(*fields)
    for pk, user_id, announcement_id, identifier, archived_at, read_at, seen_at in found:
        is_active = archived_at is None
        unread, unseen = int(is_active and read_at is None), int(is_active and seen_at is None)
        yield Copy(pk, user_id, announcement_id, identifier, unread, unseen)


def add(using: str, steps: Sequence[tuple[str, int, int]]) -> Iterator[Notification]:
    """Store a copy for each (user_id, seq, announcement's id); ids grow with seq within an inbox."""
    texts = ", ".join(f"{_ANNOUNCEMENT}.{name}" for name in (*EDITABLE, "identifier", "created_at", "updated_at"))
    names = ", ".join((*EDITABLE, "identifier", "created_at", "updated_at"))
    yield from _run(
        using,
        f"INSERT INTO {_TABLE} (user_id, seq, announcement_id, {names}) "
        f"SELECT step.column1, step.column2, step.column3, {texts} "
        f"FROM (VALUES {{steps}}) AS step JOIN {_ANNOUNCEMENT} ON {_ANNOUNCEMENT}.id = step.column3 "
        f"ORDER BY step.column1, step.column2 RETURNING {{columns}}",
        steps,
    )


def edit(using: str, steps: Sequence[tuple[int, int]]) -> Iterator[Notification]:
    """Give each (id, seq) the text its announcement has now; whether it was read stays."""
    sets = ", ".join(f"{name} = {_ANNOUNCEMENT}.{name}" for name in EDITABLE)
    yield from _run(
        using,
        f"UPDATE {_TABLE} SET seq = step.column2, updated_at = %s, {sets} "
        f"FROM (VALUES {{steps}}) AS step, {_ANNOUNCEMENT} "
        f"WHERE {_TABLE}.id = step.column1 AND {_ANNOUNCEMENT}.id = {_TABLE}.announcement_id RETURNING {{columns}}",
        steps,
        _now(using),
    )


def withdraw(using: str, steps: Sequence[tuple[int, int]]) -> Iterator[Notification]:
    """Delete each (id, seq), leaving a tombstone."""
    moment = _now(using)
    sets = [f"{column} = {sql.format(now='%s')}" for column, sql in VERBS["delete"].sets.items()]
    moments = sum(sql.count("{now}") for sql in VERBS["delete"].sets.values())
    yield from _run(
        using,
        f"UPDATE {_TABLE} SET seq = step.column2, updated_at = %s, {', '.join(sets)} "
        f"FROM (VALUES {{steps}}) AS step WHERE {_TABLE}.id = step.column1 RETURNING {{columns}}",
        steps,
        *[moment] * (1 + moments),
    )


def _run(using: str, sql: str, steps: Sequence[tuple[Any, ...]], *before: Any) -> Iterator[Notification]:
    columns = ", ".join(f"{_TABLE}.{field.column}" for field in Notification._meta.concrete_fields)
    for start in range(0, len(steps), WRITTEN):
        some = steps[start : start + WRITTEN]
        values = ", ".join([f"({', '.join(['%s'] * len(some[0]))})"] * len(some))
        # Not format(): the text holds JSON's braces.
        full = sql.replace("{steps}", values).replace("{columns}", columns)
        yield from Notification._base_manager.using(using).raw(full, [*before, *chain.from_iterable(some)])


def _now(using: str) -> Any:
    return connections[using].ops.adapt_datetimefield_value(timezone.now())
