"""Every request has an id and a line; what people wrote and what proves them stays out of it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from notification_engine.settings.logs import JSONFormatter, LineFormatter
from notifications.ops import access_log
from notifications.ops.access_log import AccessLog, shown_path
from notifications.trace import begin, current, note_caller, pseudonym
from tests.counted import counted


async def call(application: Any, **scope: Any) -> list[dict[str, Any]]:
    """Drive an ASGI application with one request; returns what it sent."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    given = {"type": "http", "method": "GET", "path": "/healthz", "query_string": b"secret=1", "headers": []}
    try:
        await application(given | scope, receive, send)
    finally:
        await asyncio.sleep(0)  # lines are written at the end of the loop's turn
    return sent


async def answering(scope: Any, receive: Any, send: Any) -> None:
    note_caller("api_key", "key:7")
    logging.getLogger("notifications.api").info("inside %s", current.get().request_id)
    await send({"type": "http.response.start", "status": 201, "headers": [(b"a", b"b")]})
    await send({"type": "http.response.body", "body": b"12345", "more_body": True})
    await send({"type": "http.response.body", "body": b"678"})


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines about requests and sockets, as they are written for machines, without what all lines have."""
    caplog.set_level(logging.INFO, "notifications.access")

    def read() -> list[dict[str, Any]]:
        records = [record for record in caplog.records if record.name == "notifications.access"]
        found = [json.loads(line) for record in records for line in JSONFormatter().format(record).splitlines()]
        return [{name: line[name] for name in line.keys() - {"time", "level", "logger", "message"}} for line in found]

    return read


async def test_a_request_has_a_line_and_an_id(lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_log, "perf_counter", iter((7.0, 7.25)).__next__)
    answered = counted("notifications_http_responses_total", **{"class": "2"})
    start, *_ = await call(AccessLog(answering))
    [line] = lines()
    assert re.fullmatch(rb"[0-9a-f]{16}", dict(start["headers"])[b"x-request-id"])
    assert line.pop("request_id").encode() == dict(start["headers"])[b"x-request-id"]
    assert dict(start["headers"])[b"a"] == b"b"
    assert line == {
        "method": "GET", "path": "/healthz", "status": 201, "milliseconds": 250.0, "bytes": 8, "credential": "key:7",
    }  # fmt: skip
    assert counted("notifications_http_responses_total", **{"class": "2"}) == answered + 1
    assert current.get() is None


async def test_requests_of_a_turn_share_a_record_and_have_each_a_line_with_their_id(
    lines: Any, caplog: pytest.LogCaptureFixture
) -> None:
    application = AccessLog(answering)
    started = await asyncio.gather(*(call(application, path=f"/{number}") for number in range(3)))
    assert [line["path"] for line in lines()] == ["/0", "/1", "/2"]
    ids = [dict(start["headers"])[b"x-request-id"].decode() for start, *_ in started]
    assert [line["request_id"] for line in lines()] == ids
    [record] = [record for record in caplog.records if record.name == "notifications.access"]
    shown = LineFormatter().format(record).splitlines()
    for number, line in enumerate(shown):
        assert re.search(
            rf" INFO notifications\.access \[{ids[number]}\]: GET /{number} 201 [\d.]+ ms 8 B key:7$", line
        )
    assert record.getMessage().splitlines() == [line.partition("]: ")[2] for line in shown]


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        (b"7f3e-A.b_c:d=e/f+g@h", True),
        (b"x" * 64, True),
        (b"x" * 65, False),
        (b"", False),
        (b"a b", False),
        (b"a\nb", False),
        (b"a\n", False),
        (b'a"b', False),
        ("ä".encode(), False),
    ],
)
async def test_an_id_that_comes_with_the_request_is_kept_if_it_is_harmless(given: bytes, is_kept: bool) -> None:
    start, *_ = await call(AccessLog(answering), headers=[(b"x-request-id", given)])
    sent = dict(start["headers"])[b"x-request-id"]
    assert (sent == given) is is_kept
    assert re.fullmatch(rb"[A-Za-z0-9._:=+/@-]{1,64}", sent)


def test_lines_of_a_loop_that_ended_are_written_in_the_end(lines: Any) -> None:
    async def ending(*_: Any) -> None:
        asyncio.get_running_loop().stop()

    log = AccessLog(ending)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(log({"type": "http", "method": "GET", "path": "/1", "headers": []}, ending, ending))
    loop.close()
    assert lines() == []
    log.write()
    log.write()
    assert [line["path"] for line in lines()] == ["/1"]


async def test_a_failure_is_500_and_goes_on(lines: Any) -> None:
    async def failing(*_: Any) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await call(AccessLog(failing))
    assert lines()[0]["status"] == 500


async def test_a_client_that_left_is_499(lines: Any) -> None:
    async def silent(*_: Any) -> None:
        pass

    await call(AccessLog(silent))
    assert lines()[0]["status"] == 499


@pytest.mark.parametrize(
    ("method", "path", "shown"),
    [
        ("GET", "/notifications/", "/notifications/"),
        ("POST", "/notifications/batch", "/notifications/batch"),
        ("GET", "/notifications/me/counts", "/notifications/me/counts"),
        ("GET", "/notifications/alice@x.example/counts", f"/notifications/~{pseudonym('alice@x.example')}/counts"),
        ("GET", "/notifications/ws/123", f"/notifications/ws/~{pseudonym('123')}"),
        ("PUT", "/notifications/812", "/notifications/812"),
        ("GET", "/notifications/alice/topics", f"/notifications/~{pseudonym('alice')}/topics"),
        ("GET", "/notifications/topics/news/subscriptions", "/notifications/topics/news/subscriptions"),
        ("PUT", "/notifications/topics/news/subscriptions/me", "/notifications/topics/news/subscriptions/me"),
        (
            "DELETE",
            "/notifications/topics/news/subscriptions/123",
            f"/notifications/topics/news/subscriptions/~{pseudonym('123')}",
        ),
        ("GET", "/notifications/topics/counts", f"/notifications/~{pseudonym('topics')}/counts"),
        ("PUT", "/notifications/alice/", f"/notifications/~{pseudonym('alice')}/"),
        (
            "GET",
            "/admin/notifications/inbox/alice/change/",
            f"/admin/notifications/inbox/~{pseudonym('alice')}/change/",
        ),
        ("GET", "/admin/notifications/notification/", "/admin/notifications/notification/"),
        ("GET", "/a b\n\x1b[31mä\ud800", "/a%20b%0A%1B%5B31m%C3%A4%3F"),
        ("GET", "/" + "x" * 5000, "/" + "x" * 199),
    ],
)
def test_a_path_is_shown_without_user_ids_and_without_tricks(method: str, path: str, shown: str) -> None:
    assert shown_path(method, path) == shown


def test_long_paths_are_not_kept() -> None:
    before = access_log._remembered.cache_info().currsize
    assert {len(shown_path("GET", f"/{number}{'a' * 60_000}")) for number in range(5)} == {access_log.PATH_MAX}
    assert access_log._remembered.cache_info().currsize == before


def test_a_pseudonym_needs_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications import trace

    assert pseudonym("123") == pseudonym("123") != pseudonym("124")
    first = pseudonym("123")
    monkeypatch.setattr(trace, "_key", lambda: b"another")
    assert pseudonym("123") != first


def test_who_asks_is_named_without_a_user_id() -> None:
    token = current.set(begin([]))
    try:
        note_caller("token", "user:alice@x.example")
        assert current.get().credential == f"token:{pseudonym('alice@x.example')}"
        note_caller("api_key", "key:7")
        assert current.get().credential == "key:7"
    finally:
        current.reset(token)


def test_lines_of_json_carry_the_fields(caplog: pytest.LogCaptureFixture) -> None:
    record = logging.LogRecord(
        "notifications.access", 20, "", 1, "%(method)s", ({"method": "GET", "status": 200},), None
    )
    line = json.loads(JSONFormatter().format(record))
    assert (line["message"], line["method"], line["status"]) == ("GET", "GET", 200)
