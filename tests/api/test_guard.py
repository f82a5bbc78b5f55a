"""The ASGI guard: what never reaches Django."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.api import guard
from notifications.api.guard import Guard
from notifications.limits import BATCH_BODY_MAX, BODY_MAX


class Django:
    """Reads the whole body and answers 200 with its size."""

    def __init__(self) -> None:
        self.reached = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached = True
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": [], "size": len(body)})


async def ask(*chunks: bytes, path: str = "/notifications/", headers: Any = (), query: bytes = b"") -> tuple[int, bool]:
    scope = {"type": "http", "path": path, "query_string": query, "headers": list(headers)}
    coming = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    coming.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[Any] = []

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    django = Django()
    await Guard(django)(scope, receive, send)
    return sent[0]["status"], django.reached


LIMITS = [("/notifications/", BODY_MAX), ("/notifications/7", BODY_MAX), ("/notifications/batch/", BATCH_BODY_MAX)]


@pytest.mark.parametrize(("path", "maximum"), LIMITS)
async def test_a_body_within_the_limit_arrives_whole(path: str, maximum: int) -> None:
    assert await ask(b"x" * 1000, b"y" * 1000, path=path) == (200, True)
    assert await ask(*[b"x" * 1024] * (maximum // 1024), path=path) == (200, True)


@pytest.mark.parametrize(("path", "maximum"), LIMITS)
async def test_a_body_is_refused_while_it_arrives(path: str, maximum: int) -> None:
    assert await ask(*[b"x" * 1024] * (maximum // 1024), b"x", path=path) == (413, False)


@pytest.mark.parametrize(("path", "maximum"), [*LIMITS, ("/notifications/batch", 10**400)])
async def test_a_body_is_refused_by_its_declared_length(path: str, maximum: int) -> None:
    length = str(maximum + 1).encode()
    assert await ask(b"x", path=path, headers=[(b"content-length", length)]) == (413, False)


async def test_what_django_cannot_read_is_refused() -> None:
    assert await ask(query=b"search=\xff") == (400, False)
    bogus = [(b"content-type", b"application/json; charset*=bogus''x")]
    assert await ask(headers=bogus) == (415, False)


@pytest.mark.parametrize("path", ["/upload", "/settings/notifications/avatar", "/notificationsfoo"])
async def test_other_paths_of_a_project_are_left_alone(path: str) -> None:
    assert await ask(b"x" * (BATCH_BODY_MAX + 1), path=path) == (200, True)


async def test_it_stands_where_the_project_has_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_mount", lambda: "/inbox/notifications")
    assert await ask(b"x" * (BATCH_BODY_MAX + 1), path="/inbox/notifications/batch") == (413, False)
    assert await ask(b"x" * (BATCH_BODY_MAX + 1), path="/notifications/batch") == (200, True)
