"""``listen``: an inbox in the terminal, of a server played by a script, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.client.scripted_server import ScriptedServer, bye, closing, dropping, scene, welcome
from tests.client.simulated_inbox import SimulatedInbox
from tests.servers import clean_environment
from tests.service import ROOT

PATIENCE_SECONDS = 30


@pytest.fixture
def inbox() -> SimulatedInbox:
    """Two unread notifications, and a read one between them."""
    inbox = SimulatedInbox()
    for _ in range(3):
        row = inbox.rows[inbox.create()]
        row |= {"identifier": "MESSAGE", "description": "One\n\ttwo", "priority": "normal"}
    inbox.change(2, is_read=True)
    return inbox


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def listen(*arguments: str) -> asyncio.subprocess.Process:
    """The command, where there is no database."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "listen", *arguments,
        cwd=ROOT, env=clean_environment(DATABASE_URL="sqlite:////nowhere/at/all.sqlite3"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        # Where the tests run in the background, Ctrl-C is ignored, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@asynccontextmanager
async def listening(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await listen(*arguments)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def lines(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    return [(await process.stdout.readline()).decode().rstrip("\n") for _ in range(count)]


def new(inbox: SimulatedInbox, **fields: Any) -> dict[str, Any]:
    row = inbox.rows[inbox.create()]
    row |= {"identifier": "order.shipped", "description": "", "priority": "urgent", **fields}
    return inbox.changes(inbox.seq - 1)


async def play(stack: AsyncExitStack, *scenes: Any) -> ScriptedServer:
    return await stack.enter_async_context(ScriptedServer(scenes).open())


async def test_it_prints_the_unread_ones_then_each_new_one_across_a_dropped_link(
    stack: AsyncExitStack, inbox: SimulatedInbox
) -> None:
    first = scene(welcome(inbox), inbox.snapshot(), dropping)
    server = await play(stack, first, scene(welcome(inbox), new(inbox)))
    async with listening("123", "--url", server.url) as process:
        assert await lines(process, 3) == [
            "#1 MESSAGE: Notification 1 - One two",
            "#3 MESSAGE: Notification 3 - One two",
            "#4 order.shipped (urgent): Notification 4",
        ]
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 130
    states = errors.decode().splitlines()
    assert states[0] == f"connected to {server.url}/notifications/ws/123"
    assert states[1].startswith("disconnected: connection lost; again in ")
    assert states[2] == states[0]
    assert len(states) == 3


async def test_with_json_each_line_is_an_object(stack: AsyncExitStack, inbox: SimulatedInbox) -> None:
    server = await play(stack, scene(welcome(inbox), inbox.snapshot(), new(inbox, title="Ünïcode")))
    async with listening("123", "--url", server.url, "--json", "--token", "ntf_x") as process:
        assert [json.loads(line) for line in await lines(process, 3)] == [inbox.rows[1], inbox.rows[3], inbox.rows[4]]
    assert server.offers == [["notifications.v1", "bearer.ntf_x"]]


@pytest.mark.parametrize(
    ("code", "said"),
    [(4401, "The user token has expired."), (4403, "This inbox is not yours."), (4400, "ack is 0 or 1.")],
)
async def test_a_final_refusal_ends_it_with_one_line(stack: AsyncExitStack, code: int, said: str) -> None:
    server = await play(stack, scene(bye(code, said), closing(code)))
    async with listening("123", "--url", server.url) as process:
        out, errors = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert errors.decode() == f"CommandError: {said} ({code})\n"


async def test_an_address_that_is_none_is_one_line() -> None:
    async with listening("123", "--url", "localhost:8000") as process:
        _, errors = await process.communicate()
    assert process.returncode == 1
    assert errors.decode().startswith("CommandError: 'localhost:8000' is not an address")
    assert errors.count(b"\n") == 1


async def test_a_reader_that_goes_away_ends_it_quietly(stack: AsyncExitStack, inbox: SimulatedInbox) -> None:
    gone = asyncio.Event()

    async def wait_until_gone(socket: Any) -> None:
        await gone.wait()

    server = await play(stack, scene(welcome(inbox), inbox.snapshot(), wait_until_gone, new(inbox), new(inbox)))
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "listen", "123", "--url", server.url,
        cwd=ROOT, env=clean_environment(), stdout=writing, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    os.close(writing)
    await asyncio.to_thread(os.read, reading, 1)
    os.close(reading)
    gone.set()
    async with asyncio.timeout(PATIENCE_SECONDS):
        _, errors = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert b"BrokenPipe" not in errors
