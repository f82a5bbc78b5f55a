"""The service's handler of requests: one thread from the first middleware to the last, and kept for the next."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from threading import Barrier, Thread, current_thread
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncRequestFactory
from django.urls import path

from notification_engine.requests import RequestHandler
from notifications.api import bodies
from notifications.limits import BATCH_BODY_MAX

used: list[Thread] = []
together = Barrier(20, timeout=10)


def first(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> HttpResponse:
        used.append(current_thread())
        answer = get_response(request)
        used.append(current_thread())
        return answer

    return middleware


def plain(request: HttpRequest) -> HttpResponse:
    used.append(current_thread())
    return HttpResponse(request.body or b"nothing")


def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.POST["a"])


def meeting(request: HttpRequest) -> HttpResponse:
    together.wait()
    return HttpResponse("met")


def broken(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


async def asynchronous(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("from a coroutine")


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"part %d;" % number

    return StreamingHttpResponse(parts())


urlpatterns = [path(view.__name__, view) for view in (plain, form, meeting, broken, asynchronous, streaming)]

Ask = Callable[..., Any]


@pytest.fixture
def ask(settings: Any) -> Ask:
    """Asks the handler as a server does; returns the status and the body."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [f"{__name__}.first", "django.middleware.common.CommonMiddleware"]
    used.clear()
    handler = RequestHandler()

    async def ask(name: str, *pieces: bytes, has_end: bool = True, **more: Any) -> tuple[int, bytes]:
        scope = AsyncRequestFactory()._base_scope(path=f"/{name}", method="POST" if pieces else "GET") | more
        sent: list[dict[str, Any]] = []
        coming = list(pieces or [b""])

        async def receive() -> dict[str, Any]:
            if not coming:
                await asyncio.Event().wait()
            body = coming.pop(0)
            return {"type": "http.request", "body": body, "more_body": bool(coming) or not has_end}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await handler(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])

    return ask


async def test_a_request_keeps_to_one_thread_which_the_next_one_takes_over(ask: Ask) -> None:
    assert await ask("plain", b"hello") == (200, b"hello")
    assert await ask("plain") == (200, b"nothing")
    assert len(used) == 6
    assert len(set(used)) == 1
    assert used[0] is not current_thread()


async def test_requests_at_once_do_not_wait_for_each_other(ask: Ask) -> None:
    answers = await asyncio.gather(*(ask("meeting") for _ in range(together.parties)))
    assert answers == [(200, b"met")] * together.parties


async def test_an_unforeseen_error_is_a_500(ask: Ask) -> None:
    assert (await ask("broken"))[0] == 500


async def test_a_coroutine_is_a_view_as_well(ask: Ask) -> None:
    assert await ask("asynchronous") == (200, b"from a coroutine")


async def test_a_stream_is_sent_to_its_end(ask: Ask) -> None:
    assert await ask("streaming") == (200, b"part 0;part 1;part 2;")


@pytest.mark.parametrize("name", ["plain", "broken", "streaming"])
async def test_connections_are_given_back_once_after_each_request(ask: Ask, name: str) -> None:
    seen: list[object] = []

    def note(*, signal: object, **_: object) -> None:
        seen.append(signal)

    request_started.connect(note)
    request_finished.connect(note)
    try:
        await ask(name)
    finally:
        request_started.disconnect(note)
        request_finished.disconnect(note)
    assert seen == [request_started, request_finished]


async def test_a_client_that_left_before_its_request_was_whole_is_not_answered(settings: Any) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        raise AssertionError(message)

    settings.ROOT_URLCONF = __name__
    await RequestHandler()(AsyncRequestFactory()._base_scope(path="/plain"), receive, send)


async def test_a_body_that_comes_in_pieces_is_put_together(ask: Ask) -> None:
    assert await ask("plain", b"hel", b"lo") == (200, b"hello")
    assert await ask("plain", b"x" * BATCH_BODY_MAX) == (200, b"x" * BATCH_BODY_MAX)


async def test_a_body_that_is_too_large_is_refused_and_not_read_to_its_end(ask: Ask) -> None:
    assert (await ask("plain", b"x" * BATCH_BODY_MAX, b"x", has_end=False))[0] == 413
    assert used == []


async def test_a_body_that_does_not_come_is_refused(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    assert (await ask("plain", b"hel", has_end=False))[0] == 408
    assert used == []


UNREADABLE: dict[str, dict[str, Any]] = {
    "a charset nobody knows": {"headers": [(b"content-type", b"a/b; x*=bogus''y")]},
    "a charset that is none": {"headers": [(b"content-type", b"a/b; x*=undefined''y")]},
    "a parameter whole and in parts": {"headers": [(b"content-type", b"a/b; x*=utf-8''y; x*0=z")]},
    "a query that is no UTF-8": {"query_string": b"search=\xff"},
}


@pytest.mark.parametrize("unreadable", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_django_cannot_read_is_refused_without_a_traceback(
    ask: Ask, caplog: pytest.LogCaptureFixture, unreadable: Any
) -> None:
    status, body = await ask("api/schema", **unreadable)
    assert (status, json.loads(body)["code"]) == (400, "bad_request")
    assert await ask("healthz", **unreadable) == (400, b"")
    assert used == []
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("charset", ["hex", "undefined", "idna", "latin-1", "utf-8"])
async def test_a_form_is_in_utf_8_whatever_its_type_says(ask: Ask, charset: str) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nä\r\n--x--\r\n'.encode()
    multipart = [
        (b"content-type", f"multipart/form-data; boundary=x; charset={charset}".encode()),
        (b"content-length", str(len(part)).encode()),
    ]
    assert await ask("form", part, headers=multipart) == (200, "ä".encode())
