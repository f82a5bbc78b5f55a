"""Somebody holds an inbox for long: who writes to it waits, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
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


Lane = Callable[..., Awaitable[tuple[int, Any] | None]]


@pytest.fixture
def passed_on() -> list[Any]:
    """The scopes, and the bodies, of what the lane left to Django."""
    return []


@pytest.fixture
def lane(monkeypatch: pytest.MonkeyPatch, passed_on: list[Any]) -> Callable[[str], Lane]:
    """Asks the lane with a key: its status and body, or None when it passed the request on."""

    async def django(scope: Any, receive: Any, send: Any) -> None:
        passed_on.append((scope, (await receive())["body"]))

    express = Express(django)
    monkeypatch.setattr(express._learned, "headers", lambda call: ((b"content-type", b"application/json"),))

    def with_key(key: str) -> Lane:
        async def ask(method: str, path: str, body: Any = None) -> tuple[int, Any] | None:
            raw = b"" if body is None else json.dumps(body).encode()
            asked = Asked(method=method, path=path, raw=raw, headers={"Authorization": f"Bearer {key}"})
            messages: list[Any] = []

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": raw}

            async def send(message: dict[str, Any]) -> None:
                messages.append(message)

            await express(scope_of(asked), receive, send)
            return (messages[0]["status"], json.loads(messages[1]["body"])) if messages else None

        return ask

    return with_key


async def test_who_waits_for_a_held_inbox_waits_alone(lane: Callable[[str], Lane], passed_on: list[Any]) -> None:
    ask = lane(await asyncio.to_thread(_prepare))

    async def create(user_id: str) -> tuple[int, Any] | None:
        return await ask("POST", "/notifications/", {"user_id": user_id, "title": "Hi", "identifier": "MESSAGE"})

    with held("held"):
        async with asyncio.timeout(5):
            await asyncio.gather(create("held"), create("alice"))
            bob = await create("bob")
    assert "held" in [json.loads(body)["user_id"] for _, body in passed_on], "the viewset waits for it"
    assert bob is not None
    assert bob[0] == 201
    assert await asyncio.to_thread(_seq, "held") == 0


async def test_who_reads_a_held_inbox_that_is_behind_waits_alone(lane: Callable[[str], Lane]) -> None:
    ask = lane(await asyncio.to_thread(_prepare, "held", "alice"))

    async def unread(user_id: str) -> int:
        answer = await ask("GET", f"/notifications/{user_id}")
        assert answer is not None
        return int(answer[1]["unread"])

    with held("held"):
        waiting = asyncio.create_task(unread("held"))
        async with asyncio.timeout(5):
            assert await asyncio.gather(*(unread("alice") for _ in range(10))) == [1] * 10
        assert not waiting.done()
    assert await waiting == 1


@pytest.mark.parametrize("user_id", ["held", "strange"], ids=["is behind", "is just being opened"])
async def test_who_asks_for_the_changes_of_a_held_inbox_keeps_no_reader(
    lane: Callable[[str], Lane], passed_on: list[Any], user_id: str
) -> None:
    ask = lane(await asyncio.to_thread(_prepare, "held", "alice"))

    async def unread(path: str) -> int | None:
        answer = await ask("GET", f"/notifications/{path}")
        return answer and answer[1]["unread"]

    with held(user_id):
        waiting = [asyncio.create_task(unread(f"{user_id}/changes")) for _ in range(READERS)]
        async with asyncio.timeout(SECONDS):
            found = await asyncio.gather(unread("alice"), unread("alice/changes"), Reads().answer(Ask("bob")))
        assert found[:2] == [1, 1]
    answered = [each for each in await asyncio.gather(*waiting) if each is not None]
    assert answered == [1 if user_id == "held" else 0] * (READERS - len(passed_on))
    assert all(scope[ADMITTED] for scope, _ in passed_on), "Django does not count them again"


async def test_who_changes_a_held_inbox_keeps_nobody_else_from_changing_theirs(
    lane: Callable[[str], Lane], passed_on: list[Any]
) -> None:
    key, paths = await asyncio.to_thread(_notified, *HELD, "alice")
    ask = lane(key)
    with held(*HELD):
        waiting = [asyncio.create_task(ask("PUT", paths[user_id])) for user_id in HELD]
        async with asyncio.timeout(SECONDS):
            alice = await asyncio.create_task(ask("PUT", paths["alice"]))  # behind the others
        went_on = [scope["path"] for scope, _ in passed_on]
        assert paths["alice"] in went_on if alice is None else alice[0] == 200
    answered = [each for each in await asyncio.gather(*waiting) if each is not None]
    assert len(answered) + (alice is not None) + len(passed_on) == len(paths)


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
