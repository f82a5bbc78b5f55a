"""Sending at a pace that does not wait for answers, and what it took until each was heard of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter

from .http import Lines
from .sockets import Crowd

LAST_SECONDS = 10
"""How long the last ones may take."""


async def open_loop(
    lines: Lines, crowd: Crowd, request: Callable[[str], bytes], *, rate: float, seconds: float, prefix: str = "n"
) -> list[float]:
    """Milliseconds from the moment each request was due to its arrival at a socket; what never came counts as all.

    ``request`` makes the bytes for a title.
    """
    crowd.forget()
    began = perf_counter() + 0.05
    due = {f"{prefix}{number}": began + number / rate for number in range(int(rate * seconds))}
    async with asyncio.TaskGroup() as group:
        for title, moment in due.items():
            raw = request(title)
            await asyncio.sleep(max(0, moment - perf_counter()))
            group.create_task(lines.ask(raw))
    deadline = perf_counter() + LAST_SECONDS
    arrivals = crowd.arrivals()
    while len(arrivals.keys() & {title.encode() for title in due}) < len(due) and perf_counter() < deadline:
        await asyncio.sleep(0.02)
        arrivals = crowd.arrivals()
    end = perf_counter()
    return [(arrivals.get(title.encode(), end) - moment) * 1000 for title, moment in due.items()]


async def closed_loop(
    lines: Lines, request: Callable[[int], bytes], *, at_once: int, seconds: float
) -> tuple[int, float]:
    """So many clients, each sending as soon as it was answered; returns the answers and the seconds."""
    began, answered, number = perf_counter(), 0, 0

    async def client() -> None:
        nonlocal answered, number
        while perf_counter() - began < seconds:
            number += 1
            await lines.ask(request(number))
            answered += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(client())
    return answered, perf_counter() - began
