"""Statements that PostgreSQL keeps: planning one takes it as long as answering it."""

from __future__ import annotations

from functools import cache
from time import monotonic
from typing import Any, Self
from weakref import WeakKeyDictionary

from django.db import connections
from django.db.backends.utils import CursorWrapper


def kept(using: str) -> CursorWrapper:
    """A cursor whose statements PostgreSQL keeps for the connection, and soon their plans.

    For the few that every notification and every read asks, and that are found the same way whatever their values: such
    a plan is made without them. Only where ``OPTIONS["prepare_threshold"]`` is set and nobody logs queries or brings a
    cursor of his own; else it is Django's cursor, which writes the values into the statement.
    """
    connection = connections[using]
    cursor = connection.cursor()
    link: Any = connection.connection
    if getattr(link, "prepare_threshold", None) is not None and not connection.queries_logged:
        usual, keeping = _cursors()
        if type(cursor.cursor) is usual:
            now = monotonic()
            if now - _planned.setdefault(link, now) > PLAN_SECONDS:
                _planned[link] = now
                cursor.execute("DISCARD PLANS")
            cursor.cursor = keeping(link)
    return cursor


PLAN_SECONDS = 60
"""A plan made for a small table is a bad one when it has grown; autovacuum, where it runs, has it made anew as well."""
_planned: WeakKeyDictionary[Any, float] = WeakKeyDictionary()
"""Since when (monotonic) the plans of a connection are kept."""


@cache
def _cursors() -> tuple[type, type]:
    """Django's, and ours. Both need psycopg 3, which is installed where a connection of it was found."""
    import psycopg
    from django.db.backends.postgresql.base import Cursor

    class Keeping(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
            try:
                return super().execute(query, params, prepare=True, **options)
            except psycopg.errors.FeatureNotSupported:
                # A migration changed what it returns. PostgreSQL refuses it on this connection from now on.
                self.connection.close()
                raise

    return Cursor, Keeping
