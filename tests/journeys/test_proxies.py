"""The proxies' files of ``deploy/`` in front of a real server: sockets, limits, addresses, logs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from notifications.limits import BATCH_BODY_MAX, BODY_MAX
from notifications.wire.problems import MEDIA_TYPE, Problem
from tests.device import device
from tests.proxies import proxy
from tests.realtime.wire import until
from tests.service import Service

SECRET = "Query-that-nobody-may-log"


@pytest.mark.parametrize("kind", ["nginx", "caddy"])
async def test_behind_a_proxy(new_service: Callable[..., Service], tmp_path: Path, kind: str) -> None:
    service = new_service(closed=True)
    options = {"TRUSTED_PROXIES": 1, "HEARTBEAT_SECONDS": 1}
    with (
        service.server("two-uvicorns", **options) as server,
        service.outsider() as outsider,
        proxy(kind, server.port, tmp_path) as front,
    ):
        key = await outsider.run('APIKey.objects.issue("shop", scopes=["admin"])[1]')
        ask = _asker(front.address, key)
        message = {"user_id": "alice", "title": "Hello", "identifier": "M"}

        async with device(f"ws://{front.address}/notifications/ws/alice?since=0&epoch={SECRET}", token=key) as phone:
            await phone.frame("snapshot")
            forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Request-ID": "mine"}
            assert ask("POST", f"/notifications/?{SECRET}", b"{}")[0] == 400
            status, headers, made = ask("POST", "/notifications/", json.dumps(message).encode(), **forged)
            assert (status, made["title"]) == (201, "Hello")
            assert headers["X-Request-ID"] != "mine"
            await phone.until(lambda: phone.titles == ["Hello"])
            await phone.frame("heartbeat")
            for path, maximum in (("/notifications/", BODY_MAX), ("/notifications/batch", BATCH_BODY_MAX)):
                assert ask("POST", path, b" " * maximum)[0] == 400
                status, kind_of_answer, problem = _send_too_much(front.address, path, maximum + 1)
                assert (status, kind_of_answer, problem) == (413, MEDIA_TYPE, Problem(413).to_wire())
            server.terminate()
            assert await phone.ends(seconds=20) == 4012
            assert await asyncio.to_thread(server.process.wait, 20) == 0
        status, headers, problem = ask("GET", "/notifications/")
        assert (status, headers["Content-Type"], problem) == (503, MEDIA_TYPE, Problem(503).to_wire())
        assert headers["Retry-After"] == "5"

        log = tmp_path / "access.log"
        await until(lambda: log.read_text().count("\n") >= 8)
        assert "/notifications/ws/alice" in log.read_text()
        for hidden in (SECRET, "since", key, "ntf_", "bearer"):
            assert hidden not in log.read_text() + front.log, hidden
        assert '"status": 413' not in server.log  # it never saw what is too large
        assert "mine" not in server.log
        assert "203.0.113.9" not in server.log


Ask = Callable[..., tuple[int, Any, Any]]


def _asker(address: str, key: str) -> Ask:
    def ask(method: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        given = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **headers}
        request = Request(f"http://{address}{path}", data=data, headers=given, method=method)
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, answer.headers, json.loads(answer.read())
        except HTTPError as refused:
            text = refused.read()
            return refused.code, refused.headers, json.loads(text) if text else {}

    return ask


def _send_too_much(address: str, path: str, size: int) -> tuple[int, str | None, Any]:
    """Send a body of this size, or as much of it as is taken."""
    with closing(HTTPConnection(address, timeout=10)) as connection:
        connection.putrequest("POST", path)
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        with suppress(ConnectionError):
            connection.send(b" " * size)
        answer = connection.getresponse()
        return answer.status, answer.headers["Content-Type"], json.loads(answer.read())
