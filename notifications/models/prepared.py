"""A query that Django makes into SQL once: making it takes several times as long as asking it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connections, models
from django.db.models.expressions import RawSQL

from .kept import kept


class Blank(str):
    """The name of a value that is known when the query is asked: a parameter of raw SQL in the query."""

    __slots__ = ()


def blank(name: str, field: Any) -> RawSQL:
    """Such a value, to be compared with a field."""
    return RawSQL("%s", (Blank(name),), field)


class Prepared:
    """``rows``: of ``values_list()``, with blanks. ``is_kept``: by the database as well (``kept`` says when not)."""

    def __init__(self, rows: models.QuerySet[Any, Any], *, is_kept: bool = True) -> None:
        self._is_kept = is_kept
        compiler = rows.query.get_compiler(rows.db)
        self.using = rows.db
        self.sql, self._params = compiler.as_sql()
        self._converters = compiler.get_converters([column for column, _, _ in compiler.select])

    def ask(self, **values: object) -> list[tuple[Any, ...]]:
        """The rows, ``values`` being those of its blanks."""
        connection = connections[self.using]
        with kept(self.using) if self._is_kept else connection.cursor() as cursor:
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
