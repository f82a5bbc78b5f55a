"""The doctor: each thing that can be wrong is seen, named, and mended by the fix that is told."""

from __future__ import annotations

import asyncio
from ast import literal_eval
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from notification_engine.settings.databases import SQLITE
from notifications import notify, notify_many
from notifications.actions import expire
from notifications.models import Inbox, Notification
from notifications.ops.doctor import Finding, Level, database, examine, inboxes, service
from tests import ledger

pytestmark = pytest.mark.django_db(transaction=True)


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def silent(done: int, total: int) -> None:
    pass


def look(**how: Any) -> dict[str, list[Finding]]:
    """All findings, by what was looked at."""
    found: dict[str, list[Finding]] = {}
    for finding in examine(**{"tell": silent, **how}):
        found.setdefault(finding.check, []).append(finding)
    return found


def counters(*, full: bool = True, fix: bool = False) -> list[Finding]:
    return list(inboxes.counters(full=full, fix=fix, tell=silent))


def test_a_sound_installation_has_no_problem() -> None:
    notify("alice", title="Hello", identifier="M")
    found = [finding for findings in look(full=True).values() for finding in findings]
    assert [finding for finding in found if finding.level is Level.PROBLEM] == []
    assert {"database", "migrations", "guard", "indexes", "clock", "expiry", "counters"} <= {f.check for f in found}
    assert all(finding.fix for finding in found if finding.level is not Level.OK)


def test_a_database_that_is_away_is_the_only_thing_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(sql: str, *params: object) -> Any:
        raise ConnectionError("refused\nby the server")

    monkeypatch.setattr(database, "one", away)
    found = look()
    assert found["database"] == [
        Finding(
            check="database",
            level=Level.PROBLEM,
            detail="ConnectionError: refused by the server",
            fix="Is the database running, and DATABASE_URL right?",
        )
    ]
    assert "counters" not in found
    assert "tokens" in found


def test_migrations_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("notifications", "0003_idempotency_user")
    try:
        finding = only(database.migrations())
        assert finding.level is Level.PROBLEM
        assert "notifications.0003_idempotency_user" in finding.detail
        assert "counters" not in look()
    finally:
        recorder.record_applied("notifications", "0003_idempotency_user")


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
    assert [finding.level for finding in found] == [Level.WARNING] * 3
    assert all('"options": "-c lock_timeout=5s"' in finding.fix for finding in found)
    assert "lock_timeout" in found[0].detail


def test_drift_is_told_and_mended_when_asked() -> None:
    notify("alice", title="Hello", identifier="M")
    Inbox.objects.filter(pk="alice").update(unread=7)
    finding = only(counters())
    assert (finding.level, finding.detail) == (Level.PROBLEM, "alice: unread is 7, counted 1")
    assert only(counters(fix=True)).detail == "mended alice: unread is 7, counted 1"
    assert ledger.check("alice", seq=2).unread == 1
    assert only(counters()).level is Level.OK


def test_much_drift_is_summed_up() -> None:
    users = [f"user-{number:02}" for number in range(15)]
    notify_many(users, title="Hello", identifier="M")
    Inbox.objects.update(unread=7)
    found = counters()
    assert len(found) == 11
    assert found[-1].detail == "15 of 15 inboxes in all"
    counters(fix=True)
    for user in users:
        ledger.check(user)


def test_a_sample_is_bounded_and_full_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "SAMPLE", 3)
    notify_many([f"user-{number}" for number in range(8)], title="Hello", identifier="M")
    assert only(counters(full=False)).detail == "no drift in a sample of 3 inboxes; --full recounts all"
    assert only(counters(full=True)).detail == "no drift in 8 inboxes"


def test_notifications_in_no_inbox_are_found() -> None:
    notify("alice", title="Hello", identifier="M")
    Inbox.objects.all().delete()
    assert only(counters()).detail == "alice: notifications lie in no inbox"
    counters(fix=True)
    ledger.check("alice")
    assert only(counters()).level is Level.OK


def test_what_waits_for_a_clock_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    notify("alice", title="Soon gone", identifier="M", expires_at=soon)
    assert only(inboxes.expiry()).level is Level.OK
    monkeypatch.setattr(inboxes.timezone, "now", lambda: soon + timedelta(minutes=2))
    finding = only(inboxes.expiry())
    assert (finding.level, "1 notifications" in finding.detail) == (Level.PROBLEM, True)
    monkeypatch.setattr(expire.timezone, "now", lambda: soon + timedelta(minutes=2))
    expire.expire_due()
    assert only(inboxes.expiry()).level is Level.OK
    assert not Notification.objects.live().exists()


class Layer:
    """A channel layer that brings what is sent, something else, nothing, or is away."""

    def __init__(self, brings: str) -> None:
        self.brings = brings
        self.members: dict[str, str] = {}
        self.sent: list[dict[str, Any]] = []

    async def new_channel(self) -> str:
        if self.brings == "away":
            raise ConnectionError("refused")
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        self.members[group] = channel

    async def group_discard(self, group: str, channel: str) -> None:
        del self.members[group]

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        if group in self.members:
            self.sent.append(message)

    async def receive(self, channel: str) -> dict[str, Any]:
        if self.brings == "nothing":
            await asyncio.Event().wait()
        return self.sent[0] if self.brings == "it" else {"type": "else"}


@pytest.mark.parametrize(
    ("brings", "level", "detail"),
    [
        ("it", Level.OK, "brought a message"),
        ("something else", Level.PROBLEM, "another message"),
        ("nothing", Level.PROBLEM, "TimeoutError"),
        ("away", Level.PROBLEM, "ConnectionError refused"),
    ],
)
def test_the_channel_layer_is_tried_out(
    monkeypatch: pytest.MonkeyPatch, brings: str, level: Level, detail: str
) -> None:
    monkeypatch.setattr(service, "LAYER_SECONDS", 0.1)
    layer = Layer(brings)
    monkeypatch.setattr(service, "shared_layer", lambda: layer)
    finding = only(service.channel_layer())
    assert (finding.level, detail in finding.detail) == (level, True)
    assert layer.members == {} or level is not Level.OK


def test_a_cache_that_forgets_is_warned_of(settings: Any) -> None:
    assert only(service.the_cache()).level is Level.OK
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert only(service.the_cache()).level is Level.WARNING


def test_a_cache_that_is_away_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(type(cache._connections["default"]), "set", away)  # type: ignore[attr-defined]
    finding = only(look()["cache"])
    assert (finding.level, "REDIS_URL" in finding.fix) == (Level.PROBLEM, True)


Give = Callable[..., None]


@pytest.fixture
def give(settings: Any) -> Give:
    """Sets keys of ``settings.NOTIFICATIONS``."""

    def give(**values: object) -> None:
        settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, **values}

    return give


@pytest.mark.parametrize(
    ("origin", "levels"),
    [
        ("https://app.example.com", [Level.OK]),
        ("https://app.example.com:8443", [Level.OK]),
        ("http://app.example.com", [Level.WARNING]),
        ("https://app.example.com/", [Level.PROBLEM]),
        ("app.example.com", [Level.PROBLEM]),
        ("https://App.example.com", [Level.PROBLEM]),
        ("https://app.example.com:port", [Level.PROBLEM]),
        ("*", [Level.PROBLEM]),
    ],
)
def test_origins_that_no_browser_sends_are_seen(give: Give, origin: str, levels: list[Level]) -> None:
    give(ALLOWED_ORIGINS=[origin])
    assert [finding.level for finding in service.origins()] == levels


def test_a_host_of_any_name_is_a_problem(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert only(service.origins()).level is Level.PROBLEM


def test_development_mode_is_warned_of(settings: Any, give: Give) -> None:
    settings.DEBUG = True
    give(DEV_OPEN=True)
    assert [finding.check for finding in service.origins() if finding.level is Level.WARNING] == ["development"]


@pytest.mark.parametrize(
    ("proxies", "header", "level"),
    [(0, None, Level.OK), (1, ("X", "https"), Level.OK), (1, None, Level.WARNING), (0, ("X", "https"), Level.WARNING)],
)
def test_proxies_that_are_half_set_up_are_warned_of(
    settings: Any, give: Give, proxies: int, header: Any, level: Level
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = header
    give(TRUSTED_PROXIES=proxies)
    assert only(service.proxies()).level is level


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({}, Level.OK),
        ({"TOKEN_KEYS": {}, "SESSION_INBOX": None}, Level.WARNING),
        ({"TOKEN_KEYS": {}, "SESSION_INBOX": "pk"}, Level.OK),
    ],
)
def test_token_keys_are_tried_out(give: Give, options: Any, level: Level) -> None:
    give(**options)
    assert only(service.token_keys()).level is level


def test_what_the_system_checks_say_is_passed_on(give: Give) -> None:
    give(TOKEN_KEYS={"short": "x"})
    found = {finding.detail.rpartition(" ")[2]: finding for finding in service.system_checks()}
    assert found["(notifications.E004)"].level is Level.PROBLEM
    assert "secrets" in found["(notifications.E004)"].fix


def test_an_unknown_option_is_one_finding_and_no_traceback(settings: Any) -> None:
    settings.NOTIFICATIONS = {"TYPO": 1}
    found = look()
    assert "TYPO" in found["tokens"][0].detail
    assert {finding.level for finding in found["settings"]} >= {Level.PROBLEM}
