"""The head of a request under Uvicorn, whose own protocol would keep any size of it, and wait for its end for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import pytest
import pytest_asyncio
from uvicorn import Config
from uvicorn.server import ServerState

from notifications.realtime.serving import uvicorn_worker
from notifications.realtime.serving.uvicorn_worker import HEAD_BYTES, HEAD_PIECE_BYTES, Http, Socket
from tests.realtime.wire import until
from tests.service import Service

START = b"GET / HTTP/1.1\r\nHost: a\r\n"
GET = START + b"\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
HEAD_SECONDS, KEEP_ALIVE_SECONDS = 0.6, 0.15
"""In these tests; the first is four times the second as it is in earnest."""

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


class Application:
    """Answers with the size of the body, when it may; says "open" on a socket, and then what it is told."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.names: list[bytes] = []
        """Of the headers of the last request, once its body was there."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] != "websocket.disconnect":
                await send({"type": "websocket.send", "text": message.get("text", "open")})
            return
        size, more = 0, True
        while more:
            message = await receive()
            size, more = size + len(message.get("body", b"")), message.get("more_body", False)
        self.names = [name for name, _ in scope["headers"]]
        await self.may_answer.wait()
        body = b"<%d>" % size
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


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
async def connect(application: Application, state: ServerState) -> AsyncIterator[Connect]:
    """Opens connections to the protocol, on a real port."""
    config = Config(
        application, ws=Socket, lifespan="off", log_config=None, timeout_keep_alive=KEEP_ALIVE_SECONDS  # type: ignore[arg-type]
    )  # fmt: skip
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Http(config, state, {}), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    writers: list[asyncio.StreamWriter] = []

    async def connect() -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()
    server.close()
    await server.wait_closed()
    await until(lambda: not state.connections and not state.tasks)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer, which is 200."""
    async with asyncio.timeout(5):
        text = await reader.readuntil(b">")
    assert text.startswith(b"HTTP/1.1 200 "), text
    return text[text.rindex(b"<") :]


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server closes the connection."""
    async with asyncio.timeout(5):
        return await reader.read()


# Size ------------------------------------------------------------------------------------------------------------


def head_of(size: int) -> bytes:
    return START + b"X: " + b"x" * (size - len(START) - 7) + b"\r\n\r\n"


async def test_a_head_that_does_not_end_is_431_and_the_end(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(head_of(HEAD_BYTES + 10)[: HEAD_BYTES + 1])
    text = await rest(reader)
    assert text.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close\r\n" in text


async def test_a_head_of_many_lines_is_no_other(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(START + b"a: b\r\n" * (HEAD_BYTES // 6))
    assert (await rest(reader)).startswith(b"HTTP/1.1 431 ")


async def test_a_head_of_the_largest_size_is_answered(connect: Connect) -> None:
    reader, writer = await connect()
    for _ in range(2):
        head = head_of(HEAD_BYTES)
        writer.write(head[:-1])
        await writer.drain()
        writer.write(head[-1:])
        assert await answer(reader) == b"<0>"


async def test_bodies_and_other_requests_do_not_count(connect: Connect) -> None:
    reader, writer = await connect()
    size = 4 * HEAD_BYTES
    writer.write(POST % size + b"x" * size + GET * 20 + START)
    assert await answer(reader) == b"<%d>" % size
    for _ in range(20):
        assert await answer(reader) == b"<0>"
    writer.write(b"\r\n")
    assert await answer(reader) == b"<0>"


class Transport:
    """Remembers what was written to it, and whether it was closed."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str) -> None:
        return None


async def test_a_head_that_is_too_large_does_not_pass_because_it_comes_at_once(
    application: Application, state: ServerState
) -> None:
    transport = Transport()
    http = Http(Config(application, lifespan="off", log_config=None), state, {})
    http.connection_made(transport)
    http.data_received(head_of(2 * HEAD_BYTES))
    assert transport.written.startswith(b"HTTP/1.1 431 ")
    assert transport.written.count(b"HTTP/") == 1
    assert transport.is_closed
    assert not state.tasks
    http.connection_lost(None)


CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("around", [b"0\r\nX: ", b"1;x="], ids=["behind_a_body", "beside_a_chunk"])
async def test_what_stands_around_a_body_has_an_end_as_well(connect: Connect, around: bytes) -> None:
    reader, writer = await connect()
    writer.write(CHUNKED + b"1\r\na\r\n")
    await writer.drain()
    writer.write(around + b"x" * (HEAD_BYTES + HEAD_PIECE_BYTES))
    with suppress(ConnectionResetError):  # what it did not read any more
        assert await rest(reader) == b""


@pytest.mark.parametrize("pieces", [1, 2])
async def test_what_comes_behind_a_body_is_no_part_of_the_head(
    connect: Connect, application: Application, state: ServerState, pieces: int
) -> None:
    reader, writer = await connect()
    writer.write(CHUNKED)
    if pieces == 2:
        await until(lambda: state.tasks)
    writer.write(b"1\r\na\r\n0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
    assert await answer(reader) == b"<1>"
    assert application.names == [b"host", b"transfer-encoding"]


async def test_a_body_in_very_small_chunks_is_a_body(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(CHUNKED + b"1\r\na\r\n" * HEAD_BYTES + b"0\r\n\r\n")
    assert await answer(reader) == b"<%d>" % HEAD_BYTES


async def test_a_refusal_is_not_written_into_another_answer(connect: Connect, application: Application) -> None:
    application.may_answer.clear()
    reader, writer = await connect()
    writer.write(GET + head_of(2 * HEAD_BYTES)[: HEAD_BYTES * 3 // 2])
    assert await rest(reader) == b""
    application.may_answer.set()


# Time ------------------------------------------------------------------------------------------------------------


async def closing_time(reader: asyncio.StreamReader) -> float:
    began = monotonic()
    assert await rest(reader) == b""
    return monotonic() - began


async def test_who_never_says_a_word_is_hung_up_on(connect: Connect) -> None:
    reader, _ = await connect()
    assert HEAD_SECONDS / 2 < await closing_time(reader) < 5 * HEAD_SECONDS


@pytest.mark.parametrize("has_asked_before", [False, True])
@pytest.mark.parametrize("drop", [b"X", b"\r\n"], ids=["of_a_line", "between_requests"])
async def test_a_head_that_only_drips_is_hung_up_on(connect: Connect, has_asked_before: bool, drop: bytes) -> None:
    reader, writer = await connect()
    if has_asked_before:
        writer.write(GET)
        await answer(reader)

    async def drip() -> None:
        writer.write(START if drop == b"X" else b"")
        while True:
            writer.write(drop)
            await asyncio.sleep(KEEP_ALIVE_SECONDS / 4)

    dripping = asyncio.create_task(drip())
    try:
        assert HEAD_SECONDS / 2 < await closing_time(reader) < 5 * HEAD_SECONDS
    except ConnectionResetError:
        pass  # a drop met the end
    finally:
        dripping.cancel()


async def test_an_idle_connection_is_kept_as_long_as_uvicorn_says(connect: Connect) -> None:
    reader, writer = await connect()
    writer.write(GET)
    await answer(reader)
    assert await closing_time(reader) < HEAD_SECONDS * 0.75


async def test_an_answer_may_take_longer_than_a_head(
    connect: Connect, application: Application, state: ServerState
) -> None:
    application.may_answer.clear()
    reader, writer = await connect()
    writer.write(GET)
    await until(lambda: state.tasks)
    writer.write(START)  # another one is on its way behind it
    await stays_open(reader)
    application.may_answer.set()
    assert await answer(reader) == b"<0>"
    writer.write(b"\r\n")
    assert await answer(reader) == b"<0>"


async def test_a_body_may_take_longer_than_a_head(connect: Connect, state: ServerState) -> None:
    reader, writer = await connect()
    writer.write(POST % 4)
    await until(lambda: state.tasks)
    writer.write(b"ab")
    await stays_open(reader)
    writer.write(b"cd")
    assert await answer(reader) == b"<4>"


async def test_a_later_head_has_all_the_time_again(connect: Connect) -> None:
    reader, writer = await connect()
    for _ in range(4):
        writer.write(START)
        await asyncio.sleep(HEAD_SECONDS / 2)
        writer.write(b"\r\n")
        assert await answer(reader) == b"<0>"


async def test_a_socket_is_not_hung_up_on(connect: Connect, state: ServerState) -> None:
    reader, writer = await connect()
    writer.write(START)
    await until(lambda: any(each.scope for each in state.connections))
    writer.write(UPGRADE)
    async with asyncio.timeout(5):
        assert (await reader.readuntil(b"open")).startswith(b"HTTP/1.1 101 ")
    await stays_open(reader)


async def stays_open(reader: asyncio.StreamReader) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), HEAD_SECONDS * 2)


# In earnest ------------------------------------------------------------------------------------------------------


async def test_serve_refuses_a_head_that_does_not_end(service: Service) -> None:
    with service.server("serve") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head_of(HEAD_BYTES + 10)[: HEAD_BYTES + 1])
        assert (await rest(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()
