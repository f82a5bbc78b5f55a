"""Storing many numbered notifications in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connections

from .notification import Notification


def insert(using: str, rows: Sequence[Notification]) -> None:
    """Store new rows, whose ids then grow in the order they are given in."""
    if connections[using].vendor == "postgresql":
        _insert_document(using, rows)
    else:
        Notification.objects.using(using).bulk_create(rows)


def _insert_document(using: str, rows: Sequence[Notification]) -> None:
    """As one JSON document, which PostgreSQL takes apart. Django and psycopg would prepare and quote each value of each
    row by itself: half of what storing them costs a process.
    """
    names = [field.attname for field in _fields()]
    given = [{name: value for name in names if (value := getattr(row, name)) is not None} for row in rows]
    document = json.dumps(given, default=datetime.isoformat, ensure_ascii=False, allow_nan=False)
    with connections[using].cursor() as cursor:
        cursor.execute(_statement(using), [document])
        ids = [identity for (identity,) in cursor.fetchall()]
    for row, identity in zip(rows, ids, strict=True):
        row.pk, row._state.adding, row._state.db = identity, False, using


@cache
def _statement(using: str) -> str:
    columns = ", ".join(field.column for field in _fields())
    types = ", ".join(f"{field.column} {field.db_type(connections[using])}" for field in _fields())
    return (
        f"INSERT INTO {Notification._meta.db_table} ({columns}) SELECT {columns} "
        f"FROM ROWS FROM (json_to_recordset(%s::json) AS ({types})) WITH ORDINALITY AS given ({columns}, place) "
        "ORDER BY place RETURNING id"
    )


def _fields() -> list[Any]:
    return [field for field in Notification._meta.concrete_fields if not field.primary_key]
