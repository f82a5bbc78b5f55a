"""Readers that are behind: what they miss waits in the database, and they are cut in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.models import Inbox
from notifications.realtime import hub, line
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Cursor
from notifications.realtime.threads import in_reader
from notifications.wire import frames
from tests.realtime.acts import Options, send, send_at_once
from tests.realtime.conftest import Connect
from tests.realtime.wire import until


async def test_a_send_that_never_returns_is_4408(connect: Connect, options: Options) -> None:
    _, wire = await connect()
    options(SEND_TIMEOUT_SECONDS=0.1)
    wire.open_for_writing.clear()
    await send()
    await until(lambda: wire.waiting)
    wire_code = asyncio.create_task(wire.ends())
    await asyncio.sleep(0.15)
    wire.open_for_writing.set()
    assert await wire_code == 4408
    assert wire.of("bye") == [{"type": "bye", "code": 4408, "reason": "too_slow"}]


async def test_a_socket_that_takes_not_even_the_goodbye_is_cut(
    connect: Connect, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn's send waits for ever on a reader that stopped: without cutting, the socket would stay and count."""
    monkeypatch.setattr(line, "GOODBYE_SECONDS", 0.05)
    cut: list[bool] = []
    _, wire = await connect(abort=lambda: cut.append(True))
    options(SEND_TIMEOUT_SECONDS=0.1)
    wire.open_for_writing.clear()
    await send()
    await until(lambda: cut)


async def test_a_full_buffer_is_sent_nothing(connect: Connect, no_sweep: None) -> None:
    session_, wire = await connect()
    wire.is_full = True
    sent = len(wire.frames)
    await send(times=50)
    await asyncio.sleep(0.1)  # nothing is to happen: there is no condition to wait for
    assert len(wire.frames) == sent
    assert wire.code is None
    assert session_._pump is None
    wire.is_full = False
    await wire.reaches(50)
    assert wire.ranges == [(0, 50)]


async def test_a_buffer_that_fills_on_the_way_stops_the_pump(connect: Connect) -> None:
    await send_at_once(300, description="x" * 3000)  # several frames
    _, wire = await connect(cursor=Cursor(seq=299, epoch=None))
    send_on = wire.send

    async def fill(message: dict[str, Any]) -> None:
        await send_on(message)
        wire.is_full = True

    session_, _ = next((each, None) for each in get_hub().all())
    session_._send_message = fill
    session_.sync(Cursor(seq=0, epoch=None))
    await until(lambda: len(wire.ranges) == 2)
    await until(lambda: session_._pump is None)
    await asyncio.sleep(0.1)  # nothing is to happen
    assert len(wire.ranges) == 2
    assert wire.of("changes")[-1]["more"] is True


async def test_a_buffer_that_stays_full_is_4408(connect: Connect, options: Options) -> None:
    options(SEND_TIMEOUT_SECONDS=0.1)
    _, wire = await connect()
    wire.is_full = True
    await send()
    assert await wire.ends() == 4408


async def test_a_buffer_that_drains_in_time_is_not(
    connect: Connect, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "TICK_SECONDS", 3600)
    options(SEND_TIMEOUT_SECONDS=30)
    session_, wire = await connect()
    for now, is_full in ((100, True), (129, True), (130, False), (131, True), (160, True)):
        wire.is_full = is_full
        session_.tick(now)
    assert wire.code is None
    session_.tick(162)
    assert await wire.ends() == 4408


async def test_a_stuck_reader_does_not_delay_the_others(connect: Connect, no_sweep: None) -> None:
    _, stuck = await connect()
    _, other = await connect()
    stuck.open_for_writing.clear()
    await send(times=5)
    await other.reaches(5)
    assert stuck.replica.seq == 0
    stuck.open_for_writing.set()
    await stuck.reaches(5)


async def test_an_acknowledging_client_has_a_window(connect: Connect) -> None:
    session_, wire = await connect(acknowledges=True)
    sent = 0
    while not session_.is_full:
        sent += 20
        await send_at_once(20, description="x" * 4000)
        await until(lambda: session_.is_full or wire.replica.seq == sent)  # noqa: B023 - awaited at once
    held = wire.replica.seq
    await send_at_once(20)
    await asyncio.sleep(0.1)  # nothing is to happen
    assert wire.replica.seq == held
    session_.acknowledge(held)
    await wire.reaches(sent + 20)
    assert 512 * 1024 < sum(len(frames.dumps(frame)) for frame in wire.of("changes")) < 1024 * 1024


async def test_a_client_that_stops_acknowledging_is_4408(connect: Connect, options: Options) -> None:
    options(SEND_TIMEOUT_SECONDS=0.1)
    session_, wire = await connect(acknowledges=True)
    await send_at_once(150, description="x" * 4000)
    assert await wire.ends() == 4408
    assert session_.is_full


async def test_an_acknowledgement_after_a_restored_backup_counts(connect: Connect) -> None:
    """The numbers have gone back, so what was sent before the snapshot is acknowledged with it."""
    await send_at_once(60, description="x" * 3000)
    session_, wire = await connect(acknowledges=True)
    before = wire.replica.epoch

    def restore() -> None:
        from notifications.models import Notification

        Notification.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
        Inbox.objects.filter(pk="alice").update(seq=0, unread=0, unseen=0, epoch="restored")

    await in_reader(restore)
    await until(lambda: wire.replica.epoch != before)
    session_.acknowledge(wire.replica.seq)
    assert session_._window.size == 0
