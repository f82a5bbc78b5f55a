"""A query that Django makes into SQL once: making it takes several times as long as asking it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from time import monotonic
from typing import Any, Self
from weakref import WeakKeyDictionary

from django.db import connections, models
from django.db.backends.utils import CursorWrapper
from django.db.models.expressions import RawSQL


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


class Blank(str):
    """The name of a value that is known when the query is asked: a parameter of raw SQL in the query."""

    __slots__ = ()


def blank(name: str, field: Any) -> RawSQL:
    """Such a value, to be compared with a field."""
    return RawSQL("%s", (Blank(name),), field)


class Prepared:
    """``rows``: of ``values_list()``, with blanks."""

    def __init__(self, rows: models.QuerySet[Any, Any]) -> None:
        compiler = rows.query.get_compiler(rows.db)
        self.using = rows.db
        self.sql, self._params = compiler.as_sql()
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def ask(self, **values: object) -> list[tuple[Any, ...]]:
        """The rows, ``values`` being those of its blanks."""
        connection = connections[self.using]
        with kept(self.using) as cursor:
            cursor.execute(self.sql, self.params(values))
            found: list[Any] = cursor.fetchall()
        return [self._converted(row, connection) for row in found] if self._converters else found

    def params(self, values: Mapping[str, object]) -> list[Any]:
        return [values[each] if isinstance(each, Blank) else each for each in self._params]

    def _converted(self, row: Sequence[Any], connection: Any) -> tuple[Any, ...]:
        values = list(row)
        convert: Callable[[Any, Any, Any], Any]
        for place, (functions, expression) in self._converters.items():
            for convert in functions:
                values[place] = convert(values[place], expression, connection)
        return tuple(values)
