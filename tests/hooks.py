"""What a project wants done after each commit of ours, and what may go wrong with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import connection, transaction
from django.dispatch import Signal


@contextmanager
def after_commits(work: Callable[[], object], signal: Signal) -> Iterator[None]:
    """Within it ``work`` is called after the commit of whatever sends the signal, as by a receiver of the project."""

    def hear(**_: object) -> None:
        transaction.on_commit(work)

    signal.connect(hear)
    try:
        yield
    finally:
        signal.disconnect(hear)


def lose_to_a_rival() -> None:
    """A write of the project that the database refuses for the sake of another: a deadlock, or a busy file."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'rival' USING ERRCODE = 'deadlock_detected'; END $$")
    with TemporaryDirectory() as directory:
        files = (sqlite3.connect(Path(directory) / "busy", timeout=0, isolation_level=None) for _ in range(2))
        with closing(next(files)) as rival, closing(next(files)) as ours:
            rival.execute("BEGIN IMMEDIATE")
            with connection.wrap_database_errors:
                ours.execute("BEGIN IMMEDIATE")
