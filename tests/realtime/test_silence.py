"""Silence and goodbyes."""

from __future__ import annotations

import asyncio
import gc
from threading import Event
from typing import Any

import pytest

from notifications.realtime import consumers, hub, line, session
from notifications.realtime.hub import get_hub
from notifications.wire.codes import Close
from notifications.wire.frames import Range
from tests.realtime.acts import Options, send
from tests.realtime.conftest import Connect, Open
from tests.realtime.wire import until


async def test_silence_is_broken_by_heartbeats(connect: Connect, options: Options) -> None:
    options(HEARTBEAT_SECONDS=0.1)
    await send(times=2)
    _, wire = await connect()
    await until(lambda: len(wire.of("heartbeat")) >= 2)
    assert wire.of("heartbeat")[0] == {"type": "heartbeat", "seq": 2, "unread": 2, "unseen": 2}


async def test_a_draining_hub_says_when_to_come_back(connect: Connect) -> None:
    _, wire = await connect()
    await get_hub().drain()
    assert wire.code == 4012
    assert wire.frames[-1] == {"type": "bye", "code": 4012, "reason": "restart", "retry_after": [0, 5]}


async def test_a_closed_session_says_nothing_more(connect: Connect) -> None:
    session_, wire = await connect()
    await get_hub().drain()
    said = len(wire.frames)
    await send(times=2)
    session_.read_on()
    await session_.say("{}")
    await asyncio.sleep(0.1)  # nothing is to happen
    assert len(wire.frames) == said


async def test_a_socket_that_went_away_while_it_was_sent_to_is_no_fault(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    session_, wire = await connect()

    async def gone(message: dict[str, Any]) -> None:
        raise OSError("connection lost")

    session_._send_message = gone
    await send()
    await until(lambda: session_.closed is not None)
    assert not [record for record in caplog.records if record.exc_info and record.levelname != "DEBUG"]


async def test_a_hub_without_sockets_rests(connect: Connect) -> None:
    session_, _ = await connect()
    here = get_hub()
    assert here._tasks
    session_.leave()
    here.leave(session_)
    here.leave(session_)
    assert (here._tasks, here.count, here.sessions) == ([], 0, {})
    assert here not in hub.living_hubs()


def test_an_offer_of_another_epoch_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of two epochs cannot be compared."""
    from notifications.models.change import Head

    asked: list[bool] = []
    one = object.__new__(session.Session)
    one.head = Head(user_id="alice", epoch="one", seq=5, unread=0, unseen=0)
    monkeypatch.setattr(session.Session, "read_on", lambda self: asked.append(True))
    session.Session.offer(one, Range(head=one.head._replace(epoch="two"), start=1, to=2, text="{}"))
    assert asked == [True]


async def test_a_socket_that_goes_before_its_pump_began_leaves_nothing_unawaited(connect: Connect) -> None:
    session_, _ = await connect()
    await until(lambda: session_._pump is None)
    session_.read_on()
    session_.leave()
    await asyncio.sleep(0)
    gc.collect()  # which warns of a coroutine that was never awaited, and that fails the test


async def test_the_tick_does_not_wait_for_the_check_of_credentials(
    connect: Connect, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    options(HEARTBEAT_SECONDS=0.1, REVALIDATE_SECONDS=0.1)
    may_go, asked = Event(), []

    def hang(*_: Any) -> set[Any]:
        asked.append(1)
        may_go.wait(10)
        return set()

    monkeypatch.setattr(hub, "revoked", hang)
    _, wire = await connect()
    await until(lambda: asked)
    heard = len(wire.of("heartbeat"))
    await until(lambda: len(wire.of("heartbeat")) >= heard + 3)
    may_go.set()


async def test_who_takes_the_goodbye_and_stays_is_cut_off(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "ABORT_SECONDS", 0.05)
    cut: list[str] = []
    session_, wire = await connect(abort=lambda: cut.append("off"))
    await session_.close(Close.RESTART, "restart")
    assert (wire.code, cut) == (4012, [])
    await until(lambda: cut)


async def test_who_is_refused_and_stays_is_cut_off(open_socket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[float] = []
    monkeypatch.setattr(line, "ABORT_SECONDS", 0.05)
    monkeypatch.setattr(consumers, "_abort_of", lambda send: lambda: cut.append(1))
    socket = await open_socket(token="nonsense.", wait=False)
    assert await socket.ends() == 4401
    await until(lambda: cut)
