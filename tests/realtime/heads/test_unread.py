"""Who does not take his answer is hung up on: Uvicorn would keep it for ever."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from uvicorn.server import ServerState

from tests.realtime.heads.asking import GET, KEEP_ALIVE_SECONDS, START, UPGRADE
from tests.realtime.wire import until

SEND_SECONDS = 0.6
SIZE = 8 * 1024 * 1024
"""More than the system keeps for a connection."""


class Application:
    """Answers with much, in so many pieces."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-length", str(SIZE).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for left in reversed(range(self._pieces)):
            body = b"x" * (SIZE // self._pieces)
            await send({"type": "http.response.body", "body": body, "more_body": left > 0})


@pytest.fixture(params=[1, 64], ids=["whole", "in_pieces"])
def application(request: pytest.FixtureRequest) -> Application:
    return Application(request.param)


@pytest.fixture(autouse=True)
def impatient(options: Callable[..., None]) -> None:
    options(SEND_TIMEOUT_SECONDS=SEND_SECONDS)


@pytest_asyncio.fixture
async def client(port: int, state: ServerState) -> AsyncIterator[socket.socket]:
    """Has asked, and has little room for what comes."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", port))
        await loop.sock_sendall(client, GET)
        await until(lambda: state.connections)
        yield client


async def test_who_reads_nothing_is_hung_up_on(client: socket.socket, state: ServerState) -> None:
    await until(lambda: not state.connections and not state.tasks)


async def test_who_stops_reading_is_hung_up_on(client: socket.socket, state: ServerState) -> None:
    got = await read(client, seconds=2 * SEND_SECONDS)
    assert 0 < got < SIZE
    await until(lambda: not state.connections and not state.tasks)


async def test_who_reads_slowly_has_the_time_it_takes(client: socket.socket, state: ServerState) -> None:
    got = await read(client, seconds=3 * (SEND_SECONDS + KEEP_ALIVE_SECONDS))
    assert len(state.connections) == 1
    while piece := await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 65536), 5):
        got += len(piece)
        if got > SIZE:
            break
    assert got > SIZE


async def test_no_socket_opens_behind_an_answer_that_is_not_read(client: socket.socket, state: ServerState) -> None:
    await until(lambda: all(each.flow.write_paused for each in state.connections))
    await asyncio.get_running_loop().sock_sendall(client, START + UPGRADE)
    await until(lambda: not state.connections and not state.tasks)


async def read(client: socket.socket, *, seconds: float) -> int:
    """A little now and then; how much it was."""
    loop = asyncio.get_running_loop()
    got, end = 0, loop.time() + seconds
    while loop.time() < end:
        got += len(await asyncio.wait_for(loop.sock_recv(client, 8192), 5))
        await asyncio.sleep(SEND_SECONDS / 30)
    return got
