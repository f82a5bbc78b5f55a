"""What does not have to wait is done at once; what has to is done as if it had been awaited from the start."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.realtime.eager import Rest, begin
from tests.realtime.acts import send
from tests.realtime.conftest import Connect


def test_what_never_waits_is_over_without_a_task_or_a_loop() -> None:
    done: list[int] = []

    async def quick() -> None:
        done.append(1)

    assert begin(quick()) is None
    assert done == [1]


def test_what_it_raises_at_once_is_raised() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        begin(broken())


async def test_the_rest_goes_on_where_it_waited() -> None:
    gate, steps = asyncio.Event(), ["begun"]

    async def slow() -> None:
        await gate.wait()
        steps.append("through")
        await asyncio.sleep(0)
        steps.append("over")

    rest = begin(slow())
    assert isinstance(rest, Rest)
    asyncio.get_running_loop().call_soon(gate.set)
    await rest
    assert steps == ["begun", "through", "over"]


async def test_what_goes_wrong_later_is_raised_later() -> None:
    async def broken() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    rest = begin(broken())
    assert rest is not None
    with pytest.raises(ZeroDivisionError):
        await rest


async def test_a_time_out_reaches_what_waits() -> None:
    told: list[str] = []

    async def stuck() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    rest = begin(stuck())
    assert rest is not None
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await rest
    assert told == ["ended"]


async def test_a_reader_that_keeps_up_is_sent_the_next_frame_without_a_task(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_, wire = await connect()
    pumps: list[Any] = []
    guard = session_._guard
    monkeypatch.setattr(session_, "_guard", lambda work: pumps.append(work) or guard(work))
    for number in range(5):
        await send()
        await wire.reaches(number + 1)
    assert pumps == []
    wire.open_for_writing.clear()
    await send()
    await send()
    wire.open_for_writing.set()
    await wire.reaches(7)
    assert pumps
