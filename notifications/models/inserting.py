"""Storing many numbered notifications in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connections

from notifications import limits

from .documents import document_of, row_of, rows_of
from .kept import kept
from .notification import Notification

_COLUMNS = (*limits.FIELDS, "seq", "created_at", "updated_at")
"""What a new row has; the others are NULL until something happens to it."""


def insert(using: str, rows: Sequence[Notification]) -> None:
    """Store new rows, whose ids then grow in the order they are given in."""
    with kept(using) as cursor:
        cursor.execute(_statement(using), _documents(using, rows))
        ids = sorted(identity for (identity,) in cursor.fetchall())
    for row, identity in zip(rows, ids, strict=True):
        row.id, row._state.adding, row._state.db = identity, False, using


def _documents(using: str, rows: Sequence[Notification]) -> list[str]:
    """Each row, and what all have alike: that is written once."""
    ops, is_sqlite = connections[using].ops, connections[using].vendor == "sqlite"

    @cache  # rows of a batch share their moment
    def moment(value: datetime) -> str:
        return str(ops.adapt_datetimefield_value(value))

    def as_stored(values: dict[str, Any]) -> dict[str, Any]:
        if is_sqlite and "data" in values:  # its column is a text, compared as Django writes it
            values["data"] = json.dumps(values["data"]) if values["data"] else "{}"
        return values

    given = [row.__dict__ for row in rows]
    alike = {name for name in _COLUMNS if _is_alike(name, given)}
    own = [name for name in _COLUMNS if name not in alike]
    each = [as_stored({name: value for name in own if (value := row[name]) is not None}) for row in given]
    common = as_stored({name: given[0][name] for name in alike})
    return [document_of(each, moment), document_of(common, moment)]


def _is_alike(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Equal texts, or the same object: 1 and True are equal, too."""
    value = rows[0][name]
    if type(value) is str:
        return all(row[name] == value for row in rows)
    return all(row[name] is value for row in rows)


@cache
def _statement(using: str) -> str:
    fields: list[Any] = [Notification._meta.get_field(name) for name in _COLUMNS]
    columns = {field.column: field.db_type(connections[using]) for field in fields}
    values = ", ".join(f"COALESCE(given.{name}, common.{name})" for name in columns)
    return (
        f"INSERT INTO {Notification._meta.db_table} ({', '.join(columns)}) SELECT {values} "
        f"FROM {rows_of(using, columns)}, {row_of(using, columns)} ORDER BY place RETURNING id"
    )
