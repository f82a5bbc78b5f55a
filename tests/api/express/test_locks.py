"""Somebody holds an inbox for long: who writes to it waits, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.db import connections

from notifications import announce, notify
from notifications.actions.catch_up import catch_up
from notifications.actions.sync import Ask
from notifications.api.express import Express
from notifications.api.rates import ADMITTED
from notifications.models import APIKey, Inbox
from notifications.realtime.reads import Reads
from notifications.realtime.threads import READERS
from tests.api.express.lanes import Asked, scope_of
from tests.held import held

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_postgresql]

HELD = [f"h{number}" for number in range(6)]
SECONDS = 2
"""Enough for all who are not held; a wait for a lock is given up after five."""


async def test_who_waits_for_a_held_inbox_waits_alone(monkeypatch: Any) -> None:
    key = await asyncio.to_thread(_prepare)
    passed_on: list[str] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        passed_on.append(json.loads((await receive())["body"])["user_id"])

    express = Express(django)
    monkeypatch.setattr(express._learned, "headers", lambda call: ((b"content-type", b"application/json"),))
    statuses: dict[str, int] = {}

    async def create(user_id: str) -> None:
        body = {"user_id": user_id, "title": "Hi", "identifier": "MESSAGE"}
        headers = {"Authorization": f"Bearer {key}"}
        asked = Asked(method="POST", path="/notifications/", raw=json.dumps(body).encode(), headers=headers)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": asked.raw}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses[user_id] = message["status"]

        await express(scope_of(asked), receive, send)

    with held("held"):
        async with asyncio.timeout(5):
            await asyncio.gather(create("held"), create("alice"))
            await create("bob")
    assert "held" in passed_on, "the viewset waits for it"
    assert statuses["bob"] == 201
    assert await asyncio.to_thread(_seq, "held") == 0


async def test_who_reads_a_held_inbox_that_is_behind_waits_alone(monkeypatch: Any) -> None:
    key = await asyncio.to_thread(_prepare, "held", "alice")
    express = Express(None)
    monkeypatch.setattr(express._learned, "headers", lambda call: ((b"content-type", b"application/json"),))
    unread: dict[str, int] = {}

    async def read(user_id: str) -> None:
        asked = Asked(method="GET", path=f"/notifications/{user_id}", headers={"Authorization": f"Bearer {key}"})

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                unread[user_id] = json.loads(message["body"])["unread"]

        await express(scope_of(asked), receive, send)

    with held("held"):
        waiting = asyncio.create_task(read("held"))
        async with asyncio.timeout(5):
            await asyncio.gather(*(read("alice") for _ in range(10)))
        assert unread == {"alice": 1}
    await waiting
    assert unread == {"alice": 1, "held": 1}


@pytest.mark.parametrize("user_id", ["held", "strange"], ids=["is behind", "is just being opened"])
async def test_who_asks_for_the_changes_of_a_held_inbox_keeps_no_reader(monkeypatch: Any, user_id: str) -> None:
    key = await asyncio.to_thread(_prepare, "held", "alice")
    passed_on: list[Any] = []

    async def django(scope: Any, receive: Any, send: Any) -> None:
        passed_on.append(scope)

    express = Express(django)
    monkeypatch.setattr(express._learned, "headers", lambda call: ((b"content-type", b"application/json"),))
    answered: list[Any] = []

    async def read(path: str) -> None:
        asked = Asked(method="GET", path=f"/notifications/{path}", headers={"Authorization": f"Bearer {key}"})

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                answered.append(json.loads(message["body"]))

        await express(scope_of(asked), receive, send)

    with held(user_id):
        waiting = [asyncio.create_task(read(f"{user_id}/changes")) for _ in range(READERS)]
        async with asyncio.timeout(SECONDS):
            await asyncio.gather(read("alice"), read("alice/changes"), Reads().answer(Ask("bob")))
        assert [each["unread"] for each in answered] == [1, 1]
    await asyncio.gather(*waiting)
    expected = 1 if user_id == "held" else 0
    assert [each["unread"] for each in answered[2:]] == [expected] * (READERS - len(passed_on))
    assert all(scope[ADMITTED] for scope in passed_on), "Django does not count them again"


async def test_who_changes_a_held_inbox_keeps_nobody_else_from_changing_theirs(monkeypatch: Any) -> None:
    key, paths = await asyncio.to_thread(_notified, *HELD, "alice")
    passed_on: list[str] = []
    statuses: dict[str, int] = {}

    async def django(scope: Any, receive: Any, send: Any) -> None:
        passed_on.append(scope["path"])

    express = Express(django)
    monkeypatch.setattr(express._learned, "headers", lambda call: ((b"content-type", b"application/json"),))

    async def put(path: str) -> None:
        asked = Asked(method="PUT", path=path, headers={"Authorization": f"Bearer {key}"})

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                statuses[path] = message["status"]

        await express(scope_of(asked), receive, send)

    with held(*HELD):
        waiting = [asyncio.create_task(put(paths[user_id])) for user_id in HELD]
        async with asyncio.timeout(SECONDS):
            await asyncio.create_task(put(paths["alice"]))  # behind the others
        assert statuses.get(paths["alice"]) == 200 or paths["alice"] in passed_on
    await asyncio.gather(*waiting)
    assert sorted([*passed_on, *statuses]) == sorted(paths.values())


def _notified(*user_ids: str) -> tuple[str, dict[str, str]]:
    """A key, and where a notification of each of these users is changed."""
    try:
        paths = {
            user_id: f"/notifications/{notify(user_id, title='Hi', identifier='MESSAGE').pk}" for user_id in user_ids
        }
        return APIKey.objects.issue("test", scopes=["update"])[1], paths
    finally:
        connections.close_all()


def _prepare(*user_ids: str) -> str:
    """A key; inboxes of these users, of which the first has not heard of an announcement."""
    try:
        for user_id in user_ids:
            Inbox.objects.open(user_id)
        if user_ids:
            announce(title="News", identifier="OPS")
            catch_up(user_ids[1:])
        return APIKey.objects.issue("test", scopes=["create", "read"])[1]
    finally:
        connections.close_all()


def _seq(user_id: str) -> int:
    try:
        return Inbox.objects.head(user_id).seq
    finally:
        connections.close_all()
