"""Who may work at once, and who waits no longer."""

from __future__ import annotations

import asyncio

import pytest

from notifications.api.express.slots import Slots, Stuck

SECONDS = 0.05


async def hold(slots: Slots, seconds: float) -> None:
    async with slots:
        await asyncio.sleep(seconds)


async def test_nobody_waits_for_those_who_do_not_get_on() -> None:
    slots = Slots(2, seconds=SECONDS)
    holders = [asyncio.create_task(hold(slots, 60)) for _ in range(2)]
    async with asyncio.timeout(1):
        waited = await asyncio.gather(*(hold(slots, 0) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in waited] == [Stuck] * 5
    for holder in holders:
        holder.cancel()
    await asyncio.gather(*holders, return_exceptions=True)
    async with asyncio.timeout(1):
        await asyncio.gather(*(hold(slots, 0) for _ in range(5)))


async def test_a_long_queue_that_moves_is_waited_in_and_only_so_many_work_at_once() -> None:
    slots = Slots(2, seconds=SECONDS)
    working, most = 0, 0

    async def work() -> None:
        nonlocal working, most
        async with slots:
            working += 1
            most = max(most, working)
            await asyncio.sleep(SECONDS / 5)
            working -= 1

    await asyncio.gather(*(work() for _ in range(40)))  # four times as long as anybody waits for one that stands
    assert most == 2


@pytest.mark.parametrize("at_the_same_time", ["a slot comes", "patience ends"])
async def test_who_leaves_the_queue_takes_no_slot_along(at_the_same_time: str) -> None:
    slots = Slots(1, seconds=60)
    holder = asyncio.create_task(hold(slots, 60))
    await asyncio.sleep(0)
    leavers = [asyncio.create_task(hold(slots, 0)) for _ in range(2)]
    await asyncio.sleep(0)
    leavers[0].cancel()
    if at_the_same_time == "a slot comes":
        slots._give_back()
    else:
        slots._lose_patience()
    leavers[1].cancel()
    left = await asyncio.gather(*leavers, return_exceptions=True)
    assert [type(each) for each in left] == [asyncio.CancelledError] * 2
    assert slots._free == (at_the_same_time == "a slot comes")
    holder.cancel()
    await asyncio.gather(holder, return_exceptions=True)
