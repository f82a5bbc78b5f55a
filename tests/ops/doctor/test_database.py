"""The database under the doctor's eye: missing, switched off or untuned is named and mended by the fix it tells."""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Iterable
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from notification_engine.settings.databases import SQLITE, tuned
from notifications.ops.doctor import Level, database
from tests.ops.doctor.looking import look, only
from tests.service import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_migrations_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    ((_, newest),) = MigrationLoader(connection).graph.leaf_nodes("notifications")
    recorder.record_unapplied("notifications", newest)
    try:
        finding = only(database.migrations())
        assert finding.level is Level.PROBLEM
        assert f"notifications.{newest}" in finding.detail
        assert "counters" not in look()
    finally:
        recorder.record_applied("notifications", newest)


@pytest.fixture
def guard_that_comes_back() -> Iterable[None]:
    yield
    database.restore_guard()


@pytest.mark.usefixtures("guard_that_comes_back")
def test_a_missing_guard_is_seen_and_made_anew() -> None:
    on = "" if connection.vendor == "sqlite" else " ON notifications_notification"
    run(f"DROP TRIGGER notifications_guard{on}")
    finding = only(database.guard())
    assert (finding.level, "--fix-guard" in finding.fix) == (Level.PROBLEM, True)
    assert look(fix_guard=True)["guard"][0].level is Level.OK


@pytest.mark.on_postgresql
@pytest.mark.usefixtures("guard_that_comes_back")
def test_a_guard_that_was_switched_off_is_seen() -> None:
    run("ALTER TABLE notifications_notification DISABLE TRIGGER notifications_guard")
    assert "disabled" in only(database.guard()).detail


def test_a_missing_index_is_seen_and_the_fix_makes_it() -> None:
    run("DROP INDEX notification_live")
    finding = only(database.indexes())
    assert (finding.level, finding.detail) == (Level.PROBLEM, "notification_live is missing")
    run(finding.fix)
    assert only(database.indexes()).level is Level.OK


@pytest.mark.on_postgresql
def test_a_missing_constraint_is_seen() -> None:
    run("ALTER TABLE notifications_inbox DROP CONSTRAINT inbox_horizon_within_seq")
    try:
        assert "inbox_horizon_within_seq" in only(database.indexes()).detail
    finally:
        run("ALTER TABLE notifications_inbox ADD CONSTRAINT inbox_horizon_within_seq CHECK (horizon <= seq)")


@pytest.mark.on_postgresql
def test_an_index_that_was_not_built_to_its_end_is_seen() -> None:
    run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'notification_live'::regclass")
    try:
        assert "REINDEX INDEX CONCURRENTLY notification_live" in only(database.indexes()).fix
    finally:
        run("UPDATE pg_index SET indisvalid = true WHERE indexrelid = 'notification_live'::regclass")


@pytest.mark.parametrize(("seconds", "level"), [(0.5, Level.OK), (-5, Level.WARNING), (300, Level.PROBLEM)])
def test_clocks_that_disagree_are_seen(monkeypatch: pytest.MonkeyPatch, seconds: float, level: Level) -> None:
    moment = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(database.timezone, "now", lambda: moment)
    assert only(database.clocks()).level is level


@pytest.mark.on_sqlite
def test_a_sqlite_that_was_not_tuned_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(database.set_up()).level is Level.OK
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    run("PRAGMA foreign_keys = OFF")
    run("PRAGMA busy_timeout = 0")
    try:
        found = list(database.set_up())
    finally:
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA busy_timeout = 5000")
    assert [finding.level for finding in found] == [Level.WARNING, Level.WARNING, Level.PROBLEM]
    assert "DEFERRED" in found[0].detail
    told = literal_eval(found[0].fix.partition(" to ")[2].removesuffix("."))
    assert told == SQLITE, "the advice is what the service does itself"


@pytest.mark.on_sqlite
@pytest.mark.parametrize(("value", "detail"), [("OFF", "may break the file"), ("NORMAL", "may lose the newest")])
def test_commits_that_a_power_cut_may_take_are_warned_of(value: str, detail: str) -> None:
    run(f"PRAGMA synchronous = {value}")
    try:
        finding = only(database.set_up())
    finally:
        run("PRAGMA synchronous = FULL")
    assert (finding.level, detail in finding.detail) == (Level.WARNING, True)


@pytest.mark.on_postgresql
def test_a_postgresql_that_was_not_tuned_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    run("SET synchronous_commit = on")  # the cluster of the tests is in a hurry
    assert only(database.set_up()).level is Level.OK
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    run("SET lock_timeout = 0")
    run("SET synchronous_commit = off")
    try:
        found = list(database.set_up())
    finally:
        run("RESET lock_timeout")
        run("RESET synchronous_commit")
    assert [finding.level for finding in found] == [Level.WARNING] * 4
    assert "lock_timeout" in found[0].detail
    service = tuned({"ENGINE": "django.db.backends.postgresql"}, base_dir=ROOT, pool_size=20)["OPTIONS"]
    for finding in found:
        told = literal_eval(finding.fix.partition(" that suit: ")[2].removesuffix("."))
        assert told.pop("pool").items() <= service["pool"].items()
        assert told.items() <= service.items(), "the advice is what the service does itself"


@pytest.mark.on_postgresql
def test_who_does_without_kept_statements_is_not_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    run("SET synchronous_commit = on")
    options = {**connection.settings_dict["OPTIONS"], "prepare_threshold": None}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    try:
        assert only(database.set_up()).level is Level.OK
    finally:
        run("RESET synchronous_commit")


@pytest.mark.on_sqlite
@pytest.mark.parametrize(("version", "level"), [((3, 34, 1), Level.PROBLEM), ((3, 35, 0), Level.OK)])
def test_a_sqlite_that_is_too_old_is_seen(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], level: Level
) -> None:
    monkeypatch.setattr(connections["default"], "get_database_version", lambda: version)
    finding = only(database.reachable())
    assert (finding.level, ".".join(map(str, version)) in finding.detail) == (level, True)
