"""How the service speaks to each kind of database."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SQLITE = {
    # IMMEDIATE: a read-then-write transaction that starts as a reader fails with "database is locked"
    # as soon as another writer was faster; one that starts as a writer waits its turn.
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    # WAL: readers never wait for the writer. FULL: a committed notification survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}

POOL_MIN = 14
"""Connections: the threads of sockets and of the express lane keep one each, the clock and the fan-out take theirs, and
a request wants one, too.
"""


def tuned(parsed: Mapping[str, Any], *, base_dir: Path, pool_size: int) -> dict[str, Any]:
    """The settings of one database, from what ``dj_database_url`` made of its URL.

    A relative SQLite path is taken from ``base_dir``, so every command meets the same file from any directory.
    Options given in the URL win over the ones set here.
    """
    database: dict[str, Any] = dict(parsed)
    given = database.get("OPTIONS", {})
    if database["ENGINE"].endswith("sqlite3"):
        if database["NAME"] != ":memory:":
            database["NAME"] = base_dir / database["NAME"]
        database["OPTIONS"] = {**SQLITE, **given}
    elif database["ENGINE"].endswith("postgresql"):
        database["OPTIONS"] = options = {**_postgresql(pool_size), **given}
        if options["prepare_threshold"] is False:  # as a URL says it; psycopg says None
            options["prepare_threshold"] = None
        database["CONN_MAX_AGE"] = 0  # the pool keeps the connections; Django insists that only one of them does
        database["CONN_HEALTH_CHECKS"] = True  # a restarted server costs no failed request
    return database


def _postgresql(pool_size: int) -> dict[str, Any]:
    return {
        # Who gets no connection within 3 s is told 503. The pool pauses longer and longer between its attempts to
        # reconnect; after 5 s it begins anew, so that a long outage ends within seconds of the database's return.
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 3, "reconnect_timeout": 5},
        "connect_timeout": 3,
        # A link whose other end is gone without a word is given up within half a minute, not after hours.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
        # An inbox is locked for milliseconds; who waits longer waits for something that hangs.
        "options": "-c lock_timeout=5s",
        # The engine may have the database keep its hot statements; Django by itself keeps none.
        "prepare_threshold": 5,
    }
