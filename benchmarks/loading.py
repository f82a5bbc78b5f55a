"""Storing millions of rows at once: their indexes are made afterwards, from what the database says of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

import psycopg

SQLITE_PRAGMAS = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-1000000")
"""Nothing can be lost that is worth keeping; whoever opens the file next has its own."""

_PLAIN = """
SELECT format('DROP INDEX %I', indexname), indexdef FROM pg_indexes
WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""
_UNIQUE = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'u' AND connamespace = 'public'::regnamespace
"""


def load(url: str, statements: Sequence[str]) -> None:
    """Run statements that insert, and bring the database into the state it would be in after a while."""
    if url.startswith("sqlite"):
        _load_sqlite(url.removeprefix("sqlite:///"), statements)
        return
    with psycopg.connect(url) as connection:
        # Else each row would wait in memory for the check of its foreign keys at the end.
        connection.execute("SET session_replication_role = replica")
        indexes = [*connection.execute(_PLAIN), *connection.execute(_UNIQUE)]
        for statement in [*(drop for drop, _ in indexes), *statements, *(create for _, create in indexes)]:
            connection.execute(statement)
    tidy(url)


def tidy(url: str) -> None:
    """Clear away what updates left; SQLite leaves nothing."""
    if url.startswith("sqlite"):
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _load_sqlite(file: str, statements: Sequence[str]) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        ((mode,),) = connection.execute("PRAGMA journal_mode").fetchall()
        connection.execute("PRAGMA journal_mode=DELETE")  # the way out of WAL
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        # Those without SQL belong to the table: they cannot be made later.
        indexes = connection.execute(
            "SELECT 'DROP INDEX \"' || name || '\"', sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for statement in [*(drop for drop, _ in indexes), *statements, *(create for _, create in indexes)]:
            connection.execute(statement)
        connection.execute("ANALYZE")
        connection.execute(f"PRAGMA journal_mode={mode}")
