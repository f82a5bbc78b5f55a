"""A live connection: frames chain, whatever happens to the hints and to the database."""

from __future__ import annotations

import asyncio
import random
from threading import Thread, current_thread
from typing import Any

import pytest
from django.db import OperationalError

from notifications.actions.mark import mark
from notifications.models import Change, Inbox
from notifications.realtime import hub, reads
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Cursor
from notifications.realtime.threads import in_reader
from notifications.wire import frames
from notifications.wire.frames import Range
from tests.realtime.acts import send, send_at_once
from tests.realtime.conftest import Connect
from tests.realtime.wire import until


def no_reading(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the database was read")

    patch.setattr(reads, "answer", refuse)


async def test_a_change_is_passed_on_without_a_look_at_the_database(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wire = await connect()
    no_reading(monkeypatch)
    for seq in range(1, 4):
        await send()
        await wire.reaches(seq)
    assert wire.ranges == [(0, 1), (1, 2), (2, 3)]
    assert wire.frames[-1]["unread"] == 3


async def test_a_change_is_encoded_once_for_all_sockets(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = [(await connect())[1] for _ in range(5)]
    encoding: list[Thread] = []
    encode = frames.of_change

    def count(change: Change) -> Range | None:
        encoding.append(current_thread())
        return encode(change)

    monkeypatch.setattr(frames, "of_change", count)
    await send()
    for wire in wires:
        await wire.reaches(1)
    assert len(encoding) == 1
    assert current_thread() not in encoding  # everybody's event loop


async def test_what_its_caller_does_with_a_notification_later_is_not_told(
    transactional_db: None, no_hints: list[Change]
) -> None:
    notification = await send(data={"order": 7})
    notification.title, notification.data["order"] = "Changed", 8
    frame = hub.Hint(no_hints[0]).frame
    assert frame is not None
    assert '"title":"Hello"' in frame.text
    assert '"order":7' in frame.text


async def test_a_verb_over_many_rows_is_read(connect: Connect, no_sweep: None) -> None:
    await send_at_once(150)
    _, wire = await connect()
    marked = await in_reader(mark, "alice", "read")
    await wire.reaches(marked.head.seq)
    assert wire.ranges == [(150, 300)]
    assert len(wire.frames[-1]["items"]) == 150
    assert (wire.replica.unread, wire.replica.unseen) == (0, 0)


async def test_a_verb_over_more_rows_than_a_range_may_bring_is_a_snapshot(connect: Connect, no_sweep: None) -> None:
    await send_at_once(501)
    _, wire = await connect()
    marked = await in_reader(mark, "alice", "read")
    await wire.reaches(marked.head.seq)
    assert [(frame["reason"], len(frame["items"])) for frame in wire.of("snapshot")] == [("first", 20), ("behind", 20)]
    assert (wire.of("changes"), wire.replica.seq, wire.replica.unread) == ([], 1002, 0)


@pytest.mark.parametrize("seed", range(12))
async def test_hints_may_come_late_twice_out_of_order_or_not_at_all(
    connect: Connect, no_sweep: None, no_hints: list[Change], seed: int
) -> None:
    dice = random.Random(seed)
    _, wire = await connect()
    await send(times=3)
    await in_reader(mark, "alice", "read")
    await send(times=3)
    hints = [hub.Hint(change) for change in no_hints]
    arriving = [*dice.sample(hints, dice.randint(1, len(hints) - 1)), *dice.choices(hints, k=3), hints[-1]]
    dice.shuffle(arriving)
    for hint in arriving:
        get_hub().hear(hint)
        if dice.random() < 0.5:
            await asyncio.sleep(0)
    await wire.reaches(9)
    assert [start for start, _ in wire.ranges] == [0, *(to for _, to in wire.ranges[:-1])]
    assert wire.replica.unread == 3


async def test_hints_of_the_past_are_dropped(connect: Connect, no_sweep: None, no_hints: list[Change]) -> None:
    await send(times=3)
    _, wire = await connect()
    for change in no_hints:
        get_hub().hear(hub.Hint(change))
    await send()
    get_hub().hear(hub.Hint(no_hints[-1]))
    await wire.reaches(4)
    assert wire.ranges == [(3, 4)]


async def test_a_lost_hint_costs_only_time(connect: Connect, no_hints: list[Change]) -> None:
    _, wire = await connect()
    await send(times=2)
    await wire.reaches(2)
    assert wire.ranges[-1][1] == 2


async def test_a_socket_that_opens_while_the_sweep_is_under_way_is_not_forgotten(
    connect: Connect, no_hints: list[Change]
) -> None:
    """A round of the sweep uses up SQLite's news; who joined after it took its list was not looked at."""
    session, wire = await connect()
    get_hub().sweep.run = None  # type: ignore[method-assign,assignment]
    for task in get_hub()._tasks:
        task.cancel()
    await send()
    get_hub().sweep._compare({})
    await wire.reaches(1)


async def test_another_epoch_is_noticed_while_connected(connect: Connect) -> None:
    await send(times=3)
    _, wire = await connect()
    before = wire.replica.epoch
    await in_reader(Inbox.objects.renew_epoch, "alice", old=before)
    await until(lambda: wire.replica.epoch != before)
    assert wire.frames[-1]["reason"] == "epoch"


async def test_an_erased_inbox_starts_again(connect: Connect) -> None:
    await send(times=3)
    _, wire = await connect()
    await in_reader(lambda: Inbox.objects.filter(pk="alice").delete())
    await until(lambda: wire.replica.seq == 0)
    assert wire.frames[-1]["reason"] == "epoch"


async def test_a_burst_becomes_a_few_frames(connect: Connect, no_sweep: None) -> None:
    _, wire = await connect()
    wire.open_for_writing.clear()
    await send(times=30)
    wire.open_for_writing.set()
    await wire.reaches(30)
    assert len(wire.ranges) <= 3


async def test_a_frame_ends_at_a_quarter_of_a_mebibyte(connect: Connect) -> None:
    await send_at_once(300, description="x" * 3000)
    _, wire = await connect(cursor=Cursor(seq=0, epoch=None))
    await wire.reaches(300)
    assert len(wire.ranges) >= 4
    assert [start for start, _ in wire.ranges] == [0, *(to for _, to in wire.ranges[:-1])]
    sizes = [len(frames.dumps(frame)) for frame in wire.of("changes")]
    assert max(sizes) < 260 * 1024
    assert [frame["more"] for frame in wire.of("changes")] == [True] * (len(sizes) - 1) + [False]
    assert len(wire.replica.items) == 300


async def test_a_large_change_is_cut_too(connect: Connect, no_sweep: None) -> None:
    _, wire = await connect()
    await send_at_once(100, description="ä" * 2000)
    await wire.reaches(100)
    assert len(wire.ranges) == 2


async def test_a_fault_of_the_database_costs_no_socket(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    _, wire = await connect()
    read, faults = reads.answer, [OperationalError("away")] * 3

    def fail_first(*args: Any, **kwargs: Any) -> Any:
        if faults:
            raise faults.pop()
        return read(*args, **kwargs)

    monkeypatch.setattr(reads, "answer", fail_first)
    monkeypatch.setattr(frames, "of_change", lambda change: None)
    await send()
    await wire.reaches(1)
    assert not faults
    assert wire.code is None


async def test_what_was_asked_before_a_fault_of_the_database_is_answered_after_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(times=3)
    session_, wire = await connect()
    read, faults = reads.answer, [OperationalError("away")] * 2

    def fail_first(*args: Any, **kwargs: Any) -> Any:
        if faults:
            raise faults.pop()
        return read(*args, **kwargs)

    monkeypatch.setattr(reads, "answer", fail_first)
    session_.sync(Cursor(seq=1, epoch=None))
    await until(lambda: wire.ranges)
    assert wire.ranges == [(1, 3)]


async def test_sync_goes_back(connect: Connect) -> None:
    await send(times=3)
    session_, wire = await connect()
    session_.sync(Cursor(seq=0, epoch=None))
    await until(lambda: wire.ranges)
    await send()
    await wire.reaches(4)
    assert wire.ranges == [(0, 3), (3, 4)]


async def test_sync_of_a_device_that_is_up_to_date_is_answered(connect: Connect) -> None:
    await send(times=3)
    session_, wire = await connect()
    session_.sync(Cursor(seq=3, epoch=None))
    await until(lambda: wire.ranges)
    assert wire.ranges == [(3, 3)]
