"""Frames nobody should send: an error or the end, and a canary is served after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.device import device
from tests.hostile.arena import SOCKETS_MAX, Arena, token
from tests.hostile.frames import ERRORS, padded
from tests.service import Service


@pytest.mark.parametrize(("text", "code", "command_id"), ERRORS.values(), ids=ERRORS)
async def test_a_bad_frame_gets_an_error_and_the_socket_stays(
    arena: Arena, text: str, code: str, command_id: object
) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(text)
        error = await mallory.frame("error")
        assert (error["code"], error["id"]) == (code, command_id)
        assert isinstance(error["detail"], str)
        await mallory.ask(type="ping")
        await mallory.frame("heartbeat")
    await arena.check_canary()


async def test_a_frame_of_16_kib_is_read(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(padded(16 * 1024))
        await mallory.frame("heartbeat")


async def test_a_command_in_many_pieces_is_one_command(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(list('{"type":"ping"}'))
        await mallory.frame("heartbeat")


async def test_the_inbox_of_somebody_else_stays_as_it_is(arena: Arena, closed_service: Service) -> None:
    with closed_service.outsider() as outsider:
        theirs = await outsider.run("notify('alice', title='Mine', identifier='M').pk")
        before = await outsider.run("Inbox.objects.head('alice').seq")
        async with device(arena.url(), token=token()) as mallory:
            for verb in ("read", "seen", "archive", "delete"):
                await mallory.ask(type=verb, id=verb, ids=[theirs])
                assert (await mallory.frame("ok", id=verb))["changed"] == 0
        assert await outsider.run("Inbox.objects.head('alice').seq") == before


LARGE = 1024 * 1024
OURS = {"daphne": 4400, "serve": 4400}
THEIRS = {"daphne": 1006, "serve": 1007}
"""The protocol's own faults are the server's: Daphne drops the connection, Uvicorn says why."""
ENDINGS: dict[str, tuple[Callable[[Any], Any], dict[str, int]]] = {
    "bytes": (lambda socket: socket.send(b'{"type":"ping"}'), OURS),
    "no bytes": (lambda socket: socket.send(b""), OURS),
    "bytes in pieces": (lambda socket: socket.send([b"{", b"}"]), OURS),
    "a text that is not UTF-8": (lambda socket: socket.send(b"\xff\xfe", text=True), THEIRS),
    "a surrogate in UTF-8": (lambda socket: socket.send(b'"\xed\xa0\x80"', text=True), THEIRS),
}


@pytest.mark.parametrize(("send", "codes"), ENDINGS.values(), ids=ENDINGS)
async def test_what_is_no_text_ends_the_socket(arena: Arena, send: Callable[[Any], Any], codes: dict[str, int]) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.frame("snapshot")
        await send(mallory.connection)
        assert await mallory.ends() == codes[arena.kind]
    await arena.check_canary()


@pytest.mark.parametrize("size", [LARGE, 2 * LARGE], ids=["1 MiB", "2 MiB"])
async def test_a_giant_frame_is_an_error_or_ends_the_socket(arena: Arena, size: int) -> None:
    """Daphne itself takes 1 MiB at most; ``manage.py serve`` sets a bound of 64 KiB."""
    async with device(arena.url(), token=token()) as mallory:
        await mallory.frame("snapshot")
        with suppress(ConnectionClosed):
            await mallory.connection.send("x" * size)
        if arena.kind == "serve":
            assert await mallory.ends() == 1009
        elif size > LARGE:
            assert await mallory.ends() == 1006
        else:
            assert (await mallory.frame("error"))["code"] == "too_large"
    await arena.check_canary()


async def test_ten_errors_in_a_row_end_the_socket(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        for _ in range(10):
            await mallory.connection.send("nonsense")
        assert await mallory.ends() == 4400
        assert len([frame for frame in mallory.frames if frame["type"] == "error"]) == 10
    await arena.check_canary()


async def test_a_flood_of_commands_ends_the_socket_and_the_next_one(arena: Arena) -> None:
    flooder = {"url": arena.url("/notifications/ws/flooder"), "token": token("flooder")}
    async with device(**flooder) as mallory:
        for _ in range(100):
            await mallory.ask(type="ping")
        assert await mallory.ends() == 4429
        assert mallory.frames[-1]["retry_after"]
    async with device(**flooder) as mallory:
        assert await mallory.ends() == 4429
        assert [frame["type"] for frame in mallory.frames] == ["bye"]
    await arena.check_canary()


async def test_a_socket_more_than_a_user_may_hold_is_turned_away(arena: Arena) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS_MAX):
            one = await stack.enter_async_context(device(arena.url("/notifications/ws/crowd"), token=token("crowd")))
            await one.frame("snapshot")
        late = await stack.enter_async_context(device(arena.url("/notifications/ws/crowd"), token=token("crowd")))
        assert await late.ends() == 4429
        await arena.check_canary()
