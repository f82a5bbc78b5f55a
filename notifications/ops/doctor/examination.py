"""The order in which the doctor looks, and what a look that fails says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.core.exceptions import ImproperlyConfigured

from . import database, inboxes, service
from .findings import Check, Finding, Level, problem

SERVICE: dict[str, Check] = {
    "settings": service.system_checks,
    "origins": service.origins,
    "proxy": service.proxies,
    "tokens": service.token_keys,
    "channel layer": service.channel_layer,
    "cache": service.the_cache,
}
DATABASE: dict[str, Check] = {
    "database": database.reachable,
    "migrations": database.migrations,
}
TABLES: dict[str, Check] = {
    "database settings": database.set_up,
    "guard": database.guard,
    "indexes": database.indexes,
    "clock": database.clocks,
    "expiry": inboxes.expiry,
}


def examine(
    *, full: bool = False, fix_counters: bool = False, fix_guard: bool = False, tell: inboxes.Tell
) -> Iterator[Finding]:
    """One finding after the other. Without a migrated database, what needs one is not looked at."""
    healthy = True
    for name, check in DATABASE.items():
        for finding in _looked(name, check):
            healthy = healthy and finding.level is not Level.PROBLEM
            yield finding
        if not healthy:
            break
    if healthy:
        if fix_guard:
            database.restore_guard()
        for name, check in TABLES.items():
            yield from _looked(name, check)
        yield from _looked("counters", partial(inboxes.counters, full=full, fix=fix_counters, tell=tell))
    for name, check in SERVICE.items():
        yield from _looked(name, check)


def _looked(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except ImproperlyConfigured as cause:
        yield problem(name, str(cause), fix="docs/settings.md lists every key of NOTIFICATIONS.")
    except Exception as cause:
        reason = " ".join(str(cause).split())
        yield problem(
            name, f"{type(cause).__name__}: {reason}", fix=FIXES.get(name, "This look failed; see the reason.")
        )


FIXES = {
    "database": "Is the database running, and DATABASE_URL right?",
    "cache": "Is Redis running, and REDIS_URL right? Without the cache there are no rate limits.",
}
