"""The database: there, migrated, set up as the numbering needs it, with its guard and its indexes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from time import monotonic
from typing import Any

from django.apps import apps
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Index
from django.utils import timezone

from notifications.models import Notification

from .findings import Finding, ok, problem, warning

SKEW_SECONDS = 2
CLOCKS_APART_SECONDS = 60
GUARD = "notifications_guard"
SQLITE_OPTIONS = (
    '{"transaction_mode": "IMMEDIATE", "timeout": 5, '
    '"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"}'
)
POSTGRESQL_OPTIONS = '{"options": "-c lock_timeout=5s", "pool": {"max_size": 20}, "prepare_threshold": 5}'
"""What suits, spelt out: a host project does not have the service's settings."""
SQLITE_OLDEST = (3, 35)
"""The first with RETURNING; Django 5.2 by itself takes 3.31."""
SYNCHRONOUS = {0: "OFF, so a power cut may break the file", 1: "NORMAL, so a power cut may lose the newest commits"}


def reachable() -> Iterator[Finding]:
    connection = _connection()
    asked = monotonic()
    one("SELECT 1")
    milliseconds = (monotonic() - asked) * 1000
    version = connection.get_database_version()
    name = f"{connection.display_name} {'.'.join(map(str, version))}"
    if connection.vendor == "sqlite" and version < SQLITE_OLDEST:
        fix = f"Use {'.'.join(map(str, SQLITE_OLDEST))} or newer, or PostgreSQL."
        yield problem("database", f"{name} is too old: nothing can be numbered", fix=fix)
    else:
        yield ok("database", f"{name} answers in {milliseconds:.1f} ms")


def migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(_connection())
    missing = [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        yield problem("migrations", f"not applied: {', '.join(missing)}", fix="Run `manage.py migrate`.")
    else:
        yield ok("migrations", "all are applied")


def set_up() -> Iterator[Finding]:
    yield from _sqlite() if _connection().vendor == "sqlite" else _postgresql()


def guard() -> Iterator[Finding]:
    """The trigger that refuses a change without a number; a rebuilt SQLite table or a bad restore loses it."""
    if _connection().vendor == "sqlite":
        state = one("SELECT 'O' FROM sqlite_master WHERE type = 'trigger' AND name = %s", GUARD)
    else:
        state = one(
            "SELECT tgenabled FROM pg_trigger WHERE tgname = %s AND tgrelid = %s::regclass", GUARD, _table(Notification)
        )
    if state in ("O", "A"):
        yield ok("guard", "the trigger is in its place")
    else:
        detail = "the trigger that refuses changes no device would hear of is " + ("disabled" if state else "missing")
        yield problem("guard", detail, fix="Run `manage.py doctor --fix-guard`.")


def restore_guard() -> None:
    """Make the trigger anew, as its migration does."""
    create = import_module("notifications.migrations.0002_guard").create
    with _connection().schema_editor() as editor:
        create(apps, editor)


def indexes() -> Iterator[Finding]:
    """Every index and constraint of the models, by name: without them lists crawl, or invariants are not kept."""
    missing, broken = _missing_indexes()
    for name, sql in missing.items():
        yield problem(
            "indexes", f"{name} is missing", fix=sql or "Compare with `manage.py sqlmigrate notifications 0001`."
        )
    for name in broken:
        yield problem("indexes", f"{name} was not built to its end", fix=f"REINDEX INDEX CONCURRENTLY {name};")
    if not missing and not broken:
        yield ok("indexes", "all indexes and constraints are there")


def clocks() -> Iterator[Finding]:
    """Times of rows come from the processes that make them; the database's clock tells whether they agree."""
    skew = _skew_seconds()
    if abs(skew) < SKEW_SECONDS:
        yield ok("clock", f"process and database are {abs(skew):.2f} s apart")
        return
    report = problem if abs(skew) >= CLOCKS_APART_SECONDS else warning
    yield report("clock", f"process and database are {abs(skew):.0f} s apart", fix="Run a time service (NTP) on both.")


def _sqlite() -> Iterator[Finding]:
    connection = _connection()
    options = connection.settings_dict.get("OPTIONS", {})
    fix = f'Set DATABASES[…]["OPTIONS"] to {SQLITE_OPTIONS}.'
    wrong = []
    if (mode := one("PRAGMA journal_mode")) != "wal":
        wrong.append(f"journal_mode is {mode}, so readers wait for the writer")
    if str(options.get("transaction_mode")).upper() != "IMMEDIATE":
        wrong.append("transactions begin DEFERRED, so two writers can fail with 'database is locked'")
    if not one("PRAGMA busy_timeout"):
        wrong.append("there is no patience for a lock (timeout)")
    if harm := SYNCHRONOUS.get(one("PRAGMA synchronous")):
        wrong.append(f"synchronous is {harm}")
    for detail in wrong:
        yield warning("sqlite", detail, fix=fix)
    if not one("PRAGMA foreign_keys"):
        wrong.append("foreign keys")
        yield problem("sqlite", "foreign keys are not enforced", fix="Remove what sets PRAGMA foreign_keys=OFF.")
    if not wrong:
        yield ok("sqlite", "WAL, IMMEDIATE, foreign keys, patience for locks")


def _postgresql() -> Iterator[Finding]:
    connection = _connection()
    wrong = []
    if one("SHOW lock_timeout") == "0":
        wrong.append(("no lock_timeout: who waits for something that hangs waits for ever", "set OPTIONS['options']"))
    if (level := one("SHOW transaction_isolation")) != "read committed":
        wrong.append((f"transactions are {level}: writers of one inbox abort each other", "remove isolation_level"))
    if one("SHOW synchronous_commit") == "off":
        wrong.append(("synchronous_commit is off: a crash may lose the newest commits", "set it to on"))
    options = connection.settings_dict.get("OPTIONS", {})
    if not options.get("pool") and connection.settings_dict.get("CONN_MAX_AGE") == 0:
        wrong.append(("each request opens a connection of its own", 'set OPTIONS["pool"] or CONN_MAX_AGE'))
    if "prepare_threshold" not in options:
        cure = 'set OPTIONS["prepare_threshold"], to None where a pooler in transaction mode stands between'
        wrong.append(("hot statements are planned anew each time", cure))
    for detail, cure in wrong:
        yield warning("postgresql", detail, fix=f'{cure}. DATABASES[…]["OPTIONS"] that suit: {POSTGRESQL_OPTIONS}.')
    if not wrong:
        yield ok("postgresql", "read committed, lock_timeout, connections are kept")


def _missing_indexes() -> tuple[dict[str, str], list[str]]:
    """Name → SQL that makes it; and those that PostgreSQL gave up building."""
    connection = _connection()
    missing: dict[str, str] = {}
    with connection.cursor() as cursor:
        for model in apps.get_app_config("notifications").get_models():
            found = set(connection.introspection.get_constraints(cursor, _table(model)))
            named = [*model._meta.indexes, *model._meta.constraints]
            missing |= {each.name: _sql_of(model, each) for each in named if each.name not in found}
    broken = []
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid "
                "WHERE NOT indisvalid AND relname LIKE %s",
                ["notifications\\_%"],
            )
            broken = [name for (name,) in cursor.fetchall()]
    return missing, broken


def _sql_of(model: Any, named: Any) -> str:
    if not isinstance(named, Index):
        return ""
    with _connection().schema_editor(collect_sql=True) as editor:
        editor.add_index(model, named)
    return " ".join(editor.collected_sql)


def _skew_seconds() -> float:
    connection = _connection()
    if connection.vendor == "sqlite":
        return float(one("SELECT (julianday('now') - 2440587.5) * 86400")) - timezone.now().timestamp()
    return float(one("SELECT extract(epoch FROM clock_timestamp())")) - timezone.now().timestamp()


def one(sql: str, *params: object) -> Any:
    """The first column of the first row, or None."""
    with _connection().cursor() as cursor:
        cursor.execute(sql, list(params))
        row = cursor.fetchone()
    return row[0] if row else None


def _connection() -> Any:
    return connections[Notification.objects.db]


def _table(model: Any) -> str:
    table: str = model._meta.db_table
    return table
