"""A reader that stops reading costs the server no memory and the others no time, and is cut in the end."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from tests.device import device
from tests.servers import Server
from tests.service import Service

SEND_TIMEOUT_SECONDS = 3
MEGABYTES = 50
GROWTH_MAX = 30 * 1024 * 1024

# Chunks that fit into one frame, so that each would be passed on as it is.
WRITE = """
for _ in range(12):
    create_batch([{"user_id": 666, "title": "Heavy", "identifier": "M", "description": "x" * 3990}] * 60)
"""
MISS = "create_batch([{'user_id': 666, 'title': 'Heavy', 'identifier': 'M', 'description': 'x' * 3990}] * 500)"
CHUNK_BYTES = 12 * 60 * 4300


@contextmanager
def stuck_reader(server: Server, user_id: int) -> Iterator[socket.socket]:
    """A socket that is opened and never read again, with next to no buffer of its own."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        raw.sendall(
            f"GET /notifications/ws/{user_id} HTTP/1.1\r\nHost: {server.address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        assert raw.recv(12) == b"HTTP/1.1 101"
        yield raw


def is_open(server: Server, client: socket.socket) -> bool:
    """Whether the server's end of this connection is established; told by the kernel, without reading."""
    wanted = (f":{server.port:04X}", f":{client.getsockname()[1]:04X}", "01")
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any((row[1][-5:], row[2][-5:], row[3]) == wanted for row in rows)


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_a_reader_that_stops_costs_nobody_anything(service: Service, kind: str) -> None:
    with (
        service.server(kind, SEND_TIMEOUT_SECONDS=SEND_TIMEOUT_SECONDS) as server,
        service.outsider() as outsider,
        service.outsider() as other,
    ):
        async with device(f"ws://{server.address}/notifications/ws/123") as phone:
            await phone.frame("snapshot")
            with stuck_reader(server, 666) as stuck:
                before, opened, written, slowest, seq = server.memory, monotonic(), 0, 0.0, 0
                while written < MEGABYTES * 1_000_000:
                    writing = asyncio.create_task(outsider.run(WRITE))
                    while not writing.done():
                        seq += 1
                        await other.run("notify(123, title='Light', identifier='M').pk")
                        committed = monotonic()
                        await phone.reaches(seq)
                        slowest = max(slowest, monotonic() - committed)
                    await writing
                    written += CHUNK_BYTES
                    assert server.memory - before < GROWTH_MAX
                assert slowest < 1
                while is_open(server, stuck):
                    assert monotonic() - opened < 40
                    await asyncio.sleep(0.1)
            await other.run("notify(123, title='Light', identifier='M').pk")
            await phone.reaches(seq + 1)
            assert phone.close_code is None


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_a_device_that_missed_megabytes_has_them_at_once(service: Service, kind: str) -> None:
    with service.server(kind) as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}/notifications/ws/666") as phone:
            await phone.frame("snapshot")
        await outsider.run(MISS)
        returned = monotonic()
        async with device(f"ws://{server.address}/notifications/ws/666", replica=phone.replica) as phone:
            await phone.reaches(500)
            assert monotonic() - returned < 2
            assert len(phone.titles) == 500


async def test_a_reader_that_reads_again_in_time_is_told_all(service: Service) -> None:
    """Nothing was sent meanwhile; the database held it."""
    with service.server("daphne") as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}/notifications/ws/666", max_queue=1) as phone:
            await phone.frame("snapshot")
            phone.connection.transport.pause_reading()
            for _ in range(3):
                await outsider.run(WRITE)
            phone.connection.transport.resume_reading()
            await phone.reaches(3 * 12 * 60)
            assert phone.close_code is None
