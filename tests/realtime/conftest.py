"""Sessions and sockets that are hung up when the test is over, and clocks that tick faster."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from notifications.actions.access import DEVELOPMENT, Principal
from notifications.actions.tokens import mint_token
from notifications.jobs import clock
from notifications.models.change import Change
from notifications.realtime import broadcast, hub, session, sweep
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Cursor, Session
from tests.realtime.wire import Socket, Wire, until

Connect = Callable[..., Awaitable[tuple[Session, Wire]]]
Open = Callable[..., Awaitable[Socket]]


@pytest.fixture(autouse=True)
def quick_clocks(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """What happens once a second happens every 20 ms."""
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "SWEEP_SECONDS": 0.02}
    monkeypatch.setattr(hub, "TICK_SECONDS", 0.02)
    monkeypatch.setattr(session, "RETRY_SECONDS", 0.02)


@pytest.fixture(autouse=True)
def no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first socket would start a thread that outlives the test and its database."""
    monkeypatch.setattr(clock, "start", lambda: None)


@pytest.fixture
def no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a hint does not bring is not brought."""
    monkeypatch.setattr(sweep.Sweep, "_compare", lambda self, heads: None)


@pytest.fixture
def no_hints(monkeypatch: pytest.MonkeyPatch) -> list[Change]:
    """Every hint is lost; the changes are kept here instead."""
    lost: list[Change] = []
    monkeypatch.setattr(broadcast, "tell", lost.extend)
    return lost


@pytest_asyncio.fixture
async def connect(transactional_db: None) -> AsyncIterator[Connect]:
    """A session on a wire, as the consumer makes it; ready when the first frames are through."""
    made: list[Session] = []
    wires: list[Wire] = []

    async def connect(
        user_id: str = "alice",
        *,
        principal: Principal = DEVELOPMENT,
        cursor: Cursor | None = None,
        wait: bool = True,
        **how: Any,
    ) -> tuple[Session, Wire]:
        wire = Wire()
        wires.append(wire)
        if cursor is not None:
            wire.replica.seq, wire.replica.epoch = cursor.seq, cursor.epoch
        session = Session(user_id, principal, wire.send, is_full=lambda: wire.is_full, cursor=cursor, **how)
        made.append(session)
        await get_hub().join(session)
        session.read_on()
        if wait:
            await until(lambda: len(wire.frames) >= 2)
        return session, wire

    yield connect
    for each in made:
        each.leave()
        get_hub().leave(each)
    assert [wire.gaps for wire in wires if wire.gaps] == []


@pytest_asyncio.fixture
async def open_socket(transactional_db: None) -> AsyncIterator[Open]:
    """A socket of alice with her token, from the handshake on; ``wait`` until it was welcomed."""
    made: list[Socket] = []

    async def open_socket(*args: Any, token: str | None = "alice", wait: bool = True, **how: Any) -> Socket:
        if token is not None and "headers" not in how:
            secret = token if "." in token or token.startswith("ntf_") else mint_token(token, 3600)[0]
            how["headers"] = {"host": "testserver", "authorization": f"Bearer {secret}"}
        socket = Socket(*args, **how)
        made.append(socket)
        if wait:
            await until(lambda: len(socket.frames) >= 2)
        return socket

    yield open_socket
    for socket in made:
        if not socket.life.done():
            await socket.hang_up()
    assert [socket.gaps for socket in made if socket.gaps] == []
