"""Alive and ready."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client

from notifications.ops import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


class Away:
    """A database, or a layer, that does not answer."""

    def cursor(self) -> None:
        raise OperationalError("away")

    async def group_send(self, *_: object) -> None:
        raise ConnectionError("away")


class Deaf:
    async def group_send(self, *_: object) -> None:
        import asyncio

        await asyncio.sleep(60)


class Answering:
    async def group_send(self, *_: object) -> None:
        pass


@pytest.fixture
def no_database(monkeypatch: Any) -> None:
    monkeypatch.setattr(health, "connections", dict.fromkeys(connections, Away()))


def test_it_is_alive_whatever_the_database_does(client: Client, no_database: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "no-store" in answer["Cache-Control"]


def test_it_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "channel_layer": "embedded",
        "sweep_age_seconds": None,
    }


def test_without_a_database_it_is_not_ready(client: Client, no_database: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["database"]) == (503, "unavailable", "away")


def test_with_tables_missing_it_is_not_ready(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(health, "_is_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_: ["0003_more"])
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "missing")


@pytest.mark.parametrize(
    ("layer", "told", "status"),
    [(Answering(), "ok", "ok"), (Away(), "away", "degraded"), (Deaf(), "away", "degraded")],
    ids=["answering", "away", "deaf"],
)
def test_a_channel_layer_that_is_away_does_not_stop_anything(
    client: Client, monkeypatch: Any, layer: Any, told: str, status: str
) -> None:
    monkeypatch.setattr(health, "shared_layer", lambda: layer)
    monkeypatch.setattr(health, "PROBE_SECONDS", 0.05)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["channel_layer"], answer.json()["status"]) == (200, told, status)


@pytest.mark.parametrize(("age", "status"), [(1, 200), (61, 503)])
def test_a_sweep_that_stands_still_is_not_ready(client: Client, monkeypatch: Any, age: float, status: int) -> None:
    hub = SimpleNamespace(sweep=SimpleNamespace(ran_at=health.monotonic() - age))
    monkeypatch.setattr(health, "living_hubs", lambda: [hub])
    answer = client.get("/readyz")
    assert answer.status_code == status
    assert age <= answer.json()["sweep_age_seconds"] < age + 5


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_they_only_answer(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code in (200, 401)


@pytest.mark.parametrize("host", ["10.0.0.7:8000", "evil.example", "a b<script>"])
def test_they_answer_by_whatever_name_they_are_asked(client: Client, host: str) -> None:
    for path, status in (("/healthz", 200), ("/healthz/", 200), ("/readyz", 200), ("/metrics", 401)):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == status
        assert host not in answer.content.decode() + str(answer.headers)


@pytest.mark.parametrize("path", ["/", "/admin/", "/notifications/", "/healthz/x"])
def test_nothing_else_answers_for_an_unknown_host(client: Client, path: str) -> None:
    answer = client.get(path, headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_an_unknown_host_earns_no_development_mode(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "DEV_OPEN": True}
    assert client.get("/metrics", headers={"host": "localhost"}).status_code == 200
    assert client.get("/metrics", headers={"host": "evil.example"}).status_code == 401
