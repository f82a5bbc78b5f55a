"""Alive, ready, and how much is going on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, connections
from django.test import Client

from notifications.actions.tokens import mint_token
from notifications.models import APIKey
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


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_numbers_are_for_whoever_may_read_every_inbox(client: Client) -> None:
    reader = APIKey.objects.issue("prometheus", scopes=["read"])[1]
    answer = client.get("/metrics", headers=bearer(reader))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = answer.content.decode().splitlines()
    assert "notifications_sockets_open 0" in lines
    assert "notifications_users_connected 0" in lines
    assert "notifications_database_up 1" in lines
    assert "# TYPE notifications_sockets_open gauge" in lines


def test_numbers_are_for_nobody_else(client: Client) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics")["WWW-Authenticate"] == "Bearer"
    assert client.get("/metrics", headers=bearer("nonsense")).status_code == 401
    writer = APIKey.objects.issue("shop", scopes=["create"])[1]
    assert client.get("/metrics", headers=bearer(writer)).status_code == 403
    assert client.get("/metrics", headers=bearer(mint_token("alice", 60)[0])).status_code == 403
    client.force_login(get_user_model().objects.create_user("walter"))
    assert client.get("/metrics").status_code == 403


def test_staff_and_developers_see_the_numbers(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "DEV_OPEN": True}
    assert client.get("/metrics", headers={"Host": "localhost"}).status_code == 200
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert client.get("/metrics").status_code == 200
