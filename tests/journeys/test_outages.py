"""A server whose database goes away and comes back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import pytest_asyncio

from tests.chaos.proxy import Proxy
from tests.device import device
from tests.hostile.arena import token
from tests.postgresql import fresh_database
from tests.servers import free_port
from tests.service import ROOT, Service


@pytest_asyncio.fixture
async def link(postgresql: str) -> AsyncIterator[Proxy]:
    """The way to PostgreSQL."""
    proxy = Proxy("postgresql", ("127.0.0.1", int(postgresql.rpartition(":")[2].partition("/")[0])))
    await proxy.start()
    yield proxy
    await proxy.stop()


async def _ask(url: str, key: str, body: dict[str, Any] | None = None) -> tuple[int, str, dict[str, Any]]:
    """Status, media type and JSON body."""

    def ask() -> tuple[int, str, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        request = Request(url, None if body is None else json.dumps(body).encode(), headers)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers["Content-Type"], json.load(answer)
        except HTTPError as refusal:
            return refusal.code, refusal.headers["Content-Type"], json.load(refusal)

    return await asyncio.to_thread(ask)


@pytest.mark.parametrize("kind", ["serve", "daphne"])
async def test_without_its_database_a_server_says_503_keeps_its_sockets_and_heals(
    postgresql: str, link: Proxy, tmp_path: Path, kind: str
) -> None:
    name = fresh_database(postgresql, f"away_{kind}").rpartition("/")[2]
    service = Service(tmp_path, f"postgres://postgres@127.0.0.1:{link.port}/{name}", closed=True)
    migrating = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    await asyncio.to_thread(subprocess.run, migrating, cwd=ROOT, env=service.environment(), check=True, timeout=60)
    hello = {"user_id": "alice", "title": "Hello", "identifier": "MESSAGE"}
    with service.outsider() as outsider:
        key = await outsider.run("APIKey.objects.issue('shop', scopes=['admin'])[1]")
    async with _running(service, kind) as address:
        socket, create = f"ws://{address}/notifications/ws/alice", f"http://{address}/notifications/"
        async with device(socket, token=token("alice")) as phone:
            await phone.frame("snapshot")
            assert (await _ask(create, key, hello))[0] == 201
            await phone.reaches(1)

            there, link.target = link.target, ("127.0.0.1", free_port())
            link.cut()
            for url, body in ((create, hello), (f"{create}alice", None)):
                status, media_type, problem = await _ask(url, key, body)
                assert (status, media_type, problem["code"]) == (503, "application/problem+json", "unavailable")
            assert (await _ask(f"http://{address}/healthz", key))[0] == 200
            assert (await _ask(f"http://{address}/readyz", key))[0] == 503
            await phone.ask(type="read", id="c1", up_to=9)
            assert (await phone.frame("error", id="c1", seconds=30))["code"] == "unavailable"
            async with device(socket, token=token("alice")) as late:
                assert await late.ends(seconds=30) == 4013

            link.target = there
            until = monotonic() + 60
            while (answer := await _ask(create, key, hello))[0] != 201:
                assert monotonic() < until, answer
            await phone.until(lambda: answer[2]["id"] in phone.replica.items, seconds=30)
            assert phone.close_code is None
            assert phone.titles == ["Hello", "Hello"]


class _running:  # noqa: N801  (read as a verb)
    """A server, brought up and ended beside the loop that carries its database's link."""

    def __init__(self, service: Service, kind: str) -> None:
        self._server = service.server(kind)

    async def __aenter__(self) -> str:
        return (await asyncio.to_thread(self._server.__enter__)).address

    async def __aexit__(self, *problem: Any) -> None:
        await asyncio.to_thread(self._server.__exit__, *problem)
