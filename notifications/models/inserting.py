"""Storing many numbered notifications in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connections

from notifications import limits

from .documents import document_of, rows_of
from .notification import Notification

_COLUMNS = (*limits.FIELDS, "seq", "created_at", "updated_at")
"""What a new row has; the others are NULL until something happens to it."""


def insert(using: str, rows: Sequence[Notification]) -> None:
    """Store new rows, whose ids then grow in the order they are given in."""
    with connections[using].cursor() as cursor:
        cursor.execute(_statement(using), [_document(using, rows)])
        ids = sorted(identity for (identity,) in cursor.fetchall())
    for row, identity in zip(rows, ids, strict=True):
        row.id, row._state.adding, row._state.db = identity, False, using


def _document(using: str, rows: Sequence[Notification]) -> str:
    ops, is_sqlite = connections[using].ops, connections[using].vendor == "sqlite"

    @cache  # rows of a batch share their moment
    def moment(value: datetime) -> str:
        return str(ops.adapt_datetimefield_value(value))

    given: list[dict[str, Any]] = []
    for row in rows:
        values = row.__dict__
        one = {name: value for name in _COLUMNS if (value := values[name]) is not None}
        if is_sqlite:  # its column is a text, compared as Django writes it
            one["data"] = json.dumps(one["data"]) if one["data"] else "{}"
        given.append(one)
    return document_of(given, moment)


@cache
def _statement(using: str) -> str:
    fields: list[Any] = [Notification._meta.get_field(name) for name in _COLUMNS]
    columns = {field.column: field.db_type(connections[using]) for field in fields}
    names = ", ".join(columns)
    return (
        f"INSERT INTO {Notification._meta.db_table} ({names}) SELECT {names} FROM {rows_of(using, columns)} "
        "ORDER BY place RETURNING id"
    )
