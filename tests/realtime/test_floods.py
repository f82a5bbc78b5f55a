"""What a client sends that is no message is bounded like what is, before the application sees any of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.frames import Close, Frame, Opcode

from notifications import metrics
from notifications.realtime.pace import BURST
from notifications.realtime.serving import uvicorn_worker
from notifications.realtime.serving.uvicorn_worker import FRAME_BYTES, MESSAGES_MAX, DrainingServer, Socket, run
from tests.device import device
from tests.realtime.acts import Options
from tests.realtime.wire import until
from tests.service import Service

HANDSHAKE = (
    "GET /notifications/ws/{user_id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n"
)
BYE = re.compile(rb'"type":"bye","code":([0-9]+)')


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    """As a client sends it."""
    return Frame(opcode, data, fin).serialize(mask=True)


class Transport:
    """A client that may have stopped reading."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_closed = self.is_aborted = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = self.is_aborted = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        """Nothing more comes than what the test sends."""

    resume_reading = pause_reading


@pytest_asyncio.fixture
async def opened() -> AsyncIterator[tuple[Socket, Transport]]:
    """A socket whose application took it, and waits."""
    is_over = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await is_over.wait()

    config = Config(application, ws=Socket, ws_per_message_deflate=False, ws_max_size=FRAME_BYTES, log_config=None)
    config.load()
    transport = Transport()
    socket = Socket(config=config, server_state=ServerState(), app_state={})
    socket.connection_made(transport)  # type: ignore[arg-type]
    socket.data_received(HANDSHAKE.format(user_id=123, port=80).encode())
    await until(lambda: socket.handshake_complete)
    transport.written.clear()
    yield socket, transport
    is_over.set()
    await until(lambda: not socket.tasks)
    socket.stop_keepalive()


Opened = tuple[Socket, Transport]


def test_a_ping_is_answered(opened: Opened) -> None:
    socket, transport = opened
    socket.data_received(frame(Opcode.PING, b"here?"))
    assert b"".join(transport.written) == Frame(Opcode.PONG, b"here?").serialize(mask=False)


def test_the_answer_to_our_own_ping_is_not_counted(opened: Opened) -> None:
    socket, _ = opened
    for _ in range(BURST + 1):
        socket.send_keepalive_ping()
        socket.data_received(frame(Opcode.PONG, socket.pending_ping_payload or b""))
    assert (socket._pace, socket.pending_ping_payload) == (None, None)
    assert not socket.transport.is_closing()


def test_who_answers_no_ping_reads_too_slowly(opened: Opened) -> None:
    socket, transport = opened
    socket.send_keepalive_ping()
    socket.keepalive_timeout()
    assert transport.written[-1] == Frame(Opcode.CLOSE, Close(4408, "too_slow").serialize()).serialize(mask=False)
    assert (transport.is_closed, transport.is_aborted) == (True, False)
    said = len(transport.written)
    socket.keepalive_timeout()
    assert len(transport.written) == said


def test_who_answers_no_ping_and_does_not_read_is_cut_off(opened: Opened) -> None:
    socket, transport = opened
    socket.send_keepalive_ping()
    socket.pause_writing()
    socket.keepalive_timeout()
    assert (len(transport.written), transport.is_aborted) == (1, True)


async def test_who_does_not_take_the_close_either_is_cut_off(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_worker, "CLOSING_SECONDS", 0.01)
    socket, transport = opened
    socket.keepalive_timeout()
    assert not transport.is_aborted
    await until(lambda: transport.is_aborted)


@pytest.mark.parametrize(("patience", "expected"), [(3, 20), (30, 30), (600, 600)])
def test_a_ping_waits_as_long_for_its_answer_as_a_frame_for_its_reader(
    monkeypatch: pytest.MonkeyPatch, options: Options, patience: float, expected: float
) -> None:
    asked: list[Config] = []
    monkeypatch.setattr(DrainingServer, "run", lambda self, sockets: asked.append(self.config))
    options(SEND_TIMEOUT_SECONDS=patience)
    run(None, None)  # type: ignore[arg-type]
    assert asked[0].ws_ping_timeout == expected


def test_who_does_not_read_gets_no_answers_to_his_pings(opened: Opened) -> None:
    socket, transport = opened
    socket.pause_writing()
    for _ in range(10):
        socket.data_received(frame(Opcode.PING, b"x" * 125))
    assert transport.written == []
    assert not transport.is_aborted


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG])
def test_who_sends_control_frames_without_end_is_cut_off(opened: Opened, opcode: Opcode) -> None:
    socket, transport = opened
    socket.data_received(frame(opcode) * BURST)
    assert not transport.is_closed
    socket.data_received(frame(opcode) * 50_000)
    assert transport.is_closed
    assert transport.written[-1] == Frame(Opcode.CLOSE, Close(1008, "too_many_frames").serialize()).serialize(
        mask=False
    )
    assert len(b"".join(transport.written)) < 20_000


def test_who_floods_and_does_not_read_is_told_nothing(opened: Opened) -> None:
    socket, transport = opened
    socket.pause_writing()
    socket.data_received(frame(Opcode.PING) * (BURST + 1))
    assert (transport.is_closed, transport.is_aborted, transport.written) == (True, True, [])


def test_a_message_may_come_in_many_pieces_but_not_in_any_number(opened: Opened) -> None:
    socket, transport = opened
    text = b"x" * 60_000
    pieces = [text[start : start + 250] for start in range(0, len(text), 250)]
    for number, piece in enumerate(pieces):
        kind = Opcode.CONT if number else Opcode.TEXT
        socket.data_received(frame(kind, piece, fin=piece is pieces[-1]))
    assert [message["text"] for message in socket.queue._messages if "text" in message] == [text.decode()]
    socket.data_received(frame(Opcode.TEXT, fin=False) + frame(Opcode.CONT, fin=False) * 50_000)
    assert transport.is_closed
    assert len(socket.frames) < 1000


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (Frame(Opcode.TEXT, b"x").serialize(mask=False), 1002),
        (frame(Opcode.TEXT, b"\xff"), 1007),
        (frame(Opcode.TEXT, b"x" * (FRAME_BYTES + 1)), 1009),
    ],
    ids=["not masked", "not UTF-8", "too large"],
)
def test_what_the_server_refuses_is_counted_by_its_code(opened: Opened, sent: bytes, code: int) -> None:
    socket, _ = opened
    socket.data_received(sent)
    assert next(message["code"] for message in socket.queue._messages if "code" in message) == code
    assert code in metrics.sockets_closed


def test_no_more_messages_are_taken_than_any_pace_lets_pass(opened: Opened) -> None:
    socket, transport = opened
    socket.data_received(frame(Opcode.TEXT) * 50_000)
    assert MESSAGES_MAX < len(socket.queue) < MESSAGES_MAX + 1000
    assert not transport.is_aborted  # the application says what is the matter


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (frame(Opcode.TEXT, b'{"type":"ping"}') * 9000, [b"4429"]),
        (frame(Opcode.TEXT) * 50_000, [b"4400"]),
        (frame(Opcode.PING, b"x" * 100) * 9000, []),
    ],
    ids=["commands", "nothing", "pings"],
)
async def test_a_flood_at_once_ends_its_socket_and_no_other(
    service: Service, sent: bytes, expected: list[bytes]
) -> None:
    with service.server("serve") as server:
        async with device(f"ws://{server.address}/notifications/ws/124") as other:
            await other.frame("snapshot")
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(HANDSHAKE.format(user_id=123, port=server.port).encode())
            async with asyncio.timeout(10):
                await reader.readuntil(b"snapshot")
            writer.write(sent)
            said = b""
            async with asyncio.timeout(20):
                with suppress(ConnectionError):
                    while not (byes := BYE.findall(said)) and (piece := await reader.read(65_536)):
                        said += piece
            assert byes == expected
            await other.ask(type="ping")
            await other.frame("heartbeat")
            writer.close()
