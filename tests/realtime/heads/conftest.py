"""The protocol on a real port, its times made short."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from uvicorn import Config
from uvicorn.server import ServerState

from notifications.realtime.serving import uvicorn_worker
from notifications.realtime.serving.uvicorn_worker import Http, Socket
from tests.realtime.heads.asking import HEAD_SECONDS, KEEP_ALIVE_SECONDS, Application, Connect, Streams
from tests.realtime.wire import until


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def state() -> ServerState:
    return ServerState()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_worker, "HEAD_SECONDS", HEAD_SECONDS)


@pytest_asyncio.fixture
async def port(application: Application, state: ServerState) -> AsyncIterator[int]:
    """Where the protocol listens."""
    config = Config(
        application, ws=Socket, lifespan="off", log_config=None, timeout_keep_alive=KEEP_ALIVE_SECONDS  # type: ignore[arg-type]
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Http(config, state, {}), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    await until(lambda: not state.connections and not state.tasks)


@pytest_asyncio.fixture
async def connect(port: int) -> AsyncIterator[Connect]:
    """Opens connections to it."""
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
