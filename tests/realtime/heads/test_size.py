"""What is no body has an end: Uvicorn would keep any size of it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from notifications.realtime.serving.uvicorn_worker import HEAD_BYTES, HEAD_PIECE_BYTES, PIPELINED_MAX, Http
from tests.realtime.heads.asking import GET, POST, START, Application, Connect, answer, rest
from tests.realtime.wire import until
from tests.service import Service


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

    def pause_reading(self) -> None:
        """Nothing more comes than what the test sends."""

    resume_reading = pause_reading

    def get_write_buffer_size(self) -> int:
        return 0


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


async def test_who_asks_on_without_waiting_for_answers_is_hung_up_on(
    application: Application, state: ServerState
) -> None:
    application.may_answer.clear()
    transport = Transport()
    http = Http(Config(application, lifespan="off", log_config=None), state, {})
    http.connection_made(transport)
    http.data_received(GET * (PIPELINED_MAX + 1))
    assert not transport.is_closed
    http.data_received(GET * 10_000)
    assert transport.is_closed
    assert len(http.pipeline) <= PIPELINED_MAX
    http.connection_lost(None)
    application.may_answer.set()
    await until(lambda: not state.tasks)


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


async def test_serve_refuses_a_head_that_does_not_end(service: Service) -> None:
    with service.server("serve") as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head_of(HEAD_BYTES + 10)[: HEAD_BYTES + 1])
        assert (await rest(reader)).startswith(b"HTTP/1.1 431 ")
        writer.close()
