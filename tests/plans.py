"""How the database goes about what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection


def plans(work: Callable[[], object]) -> str:
    """The plans of the SELECTs that ``work`` makes, each for the rows there are when it is made.

    PostgreSQL is kept from going through whole tables, which it prefers while they are small.
    """
    lines: list[str] = []
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"

    def see(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if sql.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"{explain} {sql}", params)
                lines.extend(str(row[-1]) for row in cursor.fetchall())
        return execute(sql, params, *rest)

    _run("ANALYZE", "SET enable_seqscan = off")
    try:
        with connection.execute_wrapper(see):
            work()
    finally:
        _run("RESET enable_seqscan")
    return "\n".join(lines)


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            if connection.vendor == "postgresql" or statement == "ANALYZE":
                cursor.execute(statement)
