"""Who is slow to say what is asked for is hung up on: Uvicorn would wait for ever."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest
from uvicorn.server import ServerState

from tests.realtime.heads.asking import (
    GET,
    HEAD_SECONDS,
    KEEP_ALIVE_SECONDS,
    POST,
    START,
    UPGRADE,
    Application,
    Connect,
    answer,
    rest,
)
from tests.realtime.wire import until


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
