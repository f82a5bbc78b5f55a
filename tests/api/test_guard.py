"""The ASGI guard: what never reaches Django."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from notifications.api import bodies, guard
from notifications.api.guard import Guard
from notifications.limits import BATCH_BODY_MAX, BODY_MAX
from tests.realtime.wire import until


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


# A body that is long in coming -------------------------------------------------------------------------------------


class Upload:
    """A batch that comes piece by piece, when the test says so."""

    def __init__(self, *bodies: bytes) -> None:
        self.django = Django()
        self._pieces: asyncio.Queue[Any] = asyncio.Queue()
        self._sent: list[Any] = []
        for body in bodies:
            self.bring(body)
        scope = {"type": "http", "path": "/notifications/batch", "query_string": b"", "headers": []}
        self._task = asyncio.create_task(Guard(self.django)(scope, self._pieces.get, self._send))

    def bring(self, body: bytes, *, is_last: bool = False) -> None:
        self._pieces.put_nowait({"type": "http.request", "body": body, "more_body": not is_last})

    def leave(self) -> None:
        self._pieces.put_nowait({"type": "http.disconnect"})

    async def is_taken(self) -> None:
        await until(self._pieces.empty)

    async def answer(self) -> tuple[int, dict[bytes, bytes], Any]:
        async with asyncio.timeout(5):
            await self._task
        start, *rest = self._sent
        return start["status"], dict(start["headers"]), json.loads(rest[0]["body"]) if rest else None

    async def _send(self, message: Any) -> None:
        self._sent.append(message)


@pytest.mark.parametrize("pieces", [(), (b"",), (b"[", b"1")], ids=["nothing_came", "an_empty_piece", "two_pieces"])
async def test_a_body_that_does_not_come_in_time_is_408(monkeypatch: pytest.MonkeyPatch, pieces: Any) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    upload = Upload(*pieces)
    status, headers, problem = await upload.answer()
    assert (status, headers[b"connection"], upload.django.reached) == (408, b"close", False)
    assert (problem["status"], problem["code"]) == (408, "too_slow")


async def test_the_time_is_for_all_of_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    upload = Upload()

    async def drip() -> None:
        while True:
            upload.bring(b"x")
            await asyncio.sleep(0.01)

    dripping = asyncio.create_task(drip())
    assert (await upload.answer())[0] == 408
    dripping.cancel()


async def test_what_is_there_already_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asyncio, "timeout", None)
    assert await ask(b"x" * 1000) == (200, True)


async def test_who_asks_for_more_memory_than_there_is_for_all_has_to_come_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "GATHERED_MAX", 3000)
    slow = [Upload(b"x" * 1000, b"x" * 500) for _ in range(2)]
    for upload in slow:
        await upload.is_taken()
    refused = Upload(b"x")
    status, headers, problem = await refused.answer()
    assert (status, problem["code"], refused.django.reached) == (503, "unavailable", False)
    assert int(headers[b"retry-after"]) > 0
    assert headers[b"connection"] == b"close"
    slow[0].bring(b"x", is_last=True)
    assert (await slow[0].answer())[0] == 200
    later = Upload(b"x" * 1500)
    await later.is_taken()
    for upload in (later, slow[1]):
        upload.bring(b"x", is_last=True)
        assert (await upload.answer())[0] == 200


async def test_what_comes_whole_does_not_have_to_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GATHERED_MAX", 1000)
    slow = Upload(b"x" * 1000)
    await slow.is_taken()
    whole = Upload()
    whole.bring(b"x" * 500, is_last=True)
    assert (await whole.answer())[0] == 200
    slow.leave()
    await slow.answer()


@pytest.mark.parametrize("end", ["left", "too_slow", "too_large", "cancelled"])
async def test_a_body_that_comes_to_nothing_leaves_its_memory(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(bodies, "GATHERED_MAX", 2 * BATCH_BODY_MAX)
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05 if end == "too_slow" else 30)
    for _ in range(3):
        upload = Upload(b"x" * BATCH_BODY_MAX)
        await upload.is_taken()
        if end == "left":
            upload.leave()
            assert (await upload.answer())[0] == 200  # Django is told, and in earnest says nothing
        elif end == "too_slow":
            assert (await upload.answer())[0] == 408
        elif end == "too_large":
            upload.bring(b"x")
            assert (await upload.answer())[0] == 413
        else:
            upload._task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await upload.answer()
