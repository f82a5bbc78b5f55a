"""The small ways to wait do what asyncio's own do."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from notifications.realtime.waiting import Gate, Mailbox


async def test_a_gate_lets_everybody_through_who_waited_even_if_it_closes_at_once() -> None:
    gate = Gate()
    waiting = [asyncio.ensure_future(gate.wait()) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    gate.clear()
    late = asyncio.ensure_future(gate.wait())
    await asyncio.gather(*waiting)
    assert not late.done() and not gate.is_set()
    gate.set()
    await late
    await gate.wait()


async def test_who_gives_up_at_a_gate_keeps_nobody_else_from_passing() -> None:
    gate = Gate()
    first, second = (asyncio.ensure_future(gate.wait()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    await second
    assert first.cancelled()


async def test_an_open_gate_does_not_make_anybody_wait() -> None:
    with pytest.raises(StopIteration):
        Gate(is_open=True).wait().send(None)


async def test_a_mailbox_keeps_the_order_and_wakes_its_reader() -> None:
    box = Mailbox()
    reading = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    for number in range(3):
        box.put_nowait(number)
    assert [await reading, await box.get(), await box.get()] == [0, 1, 2]
    assert box.empty()


async def test_a_reader_that_gives_up_loses_nothing() -> None:
    box = Mailbox()
    reading = asyncio.ensure_future(box.get())
    await asyncio.sleep(0)
    box.put_nowait("first")
    reading.cancel()  # between the news and the taking
    with suppress(asyncio.CancelledError):
        await reading
    box.put_nowait("second")
    assert [await box.get(), await box.get()] == ["first", "second"]
