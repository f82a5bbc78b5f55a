"""What is measured, each within seconds: latency, rate, fan-out, connecting, reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from .load import Caller, Listeners

PACE = 20
PACED_SECONDS = 4
RATE_SECONDS = 4
AT_ONCE = 16
FANNED_OUT = 10
READS = 50


@dataclass(frozen=True, kw_only=True)
class Measured:
    name: str
    value: float
    unit: str


async def measure(
    caller: Caller, listeners: Listeners, user_ids: Sequence[str], *, path: str, sockets_per_user: int
) -> AsyncIterator[Measured]:
    """Each figure as it is found. The last user gets the sockets of the fan-out, the others one each."""
    *many, one = user_ids
    for user_id in many[:AT_ONCE]:
        await caller.ask("POST", path, _message(user_id, "warm"))  # imports, connections, caches
    seconds = await listeners.open(many)
    yield Measured(name=f"sockets opened, {len(many)} users", value=len(many) / seconds, unit="1/s")
    took = await _latencies(caller, listeners, many, path)
    yield Measured(name=f"request to socket at {PACE}/s, p50", value=took[len(took) // 2], unit="ms")
    yield Measured(name=f"request to socket at {PACE}/s, p99", value=took[int(len(took) * 0.99)], unit="ms")
    yield Measured(name="created and delivered", value=await _rate(caller, listeners, many, path), unit="1/s")
    await listeners.open([one] * sockets_per_user)
    took = [await _fan_out(caller, listeners, one, path, f"f{n}", sockets_per_user) for n in range(FANNED_OUT)]
    yield Measured(name=f"request to the last of {sockets_per_user} sockets", value=median(took), unit="ms")
    for name, address in (("a page of an inbox", f"{path}{many[0]}"), ("counts", f"{path}{many[0]}/counts")):
        took = [await _read(caller, address) for _ in range(READS)]
        yield Measured(name=name, value=median(took), unit="ms")


async def _latencies(caller: Caller, listeners: Listeners, users: Sequence[str], path: str) -> list[float]:
    """Milliseconds, sorted; a title that never came counts as long as it was waited for."""
    began = perf_counter()

    async def one(number: int) -> float:
        due, title = began + number / PACE, f"l{number}"
        await asyncio.sleep(max(0, due - perf_counter()))
        await caller.ask("POST", path, _message(users[number % len(users)], title))
        await listeners.hears(title)
        return (listeners.heard.get(title, [perf_counter()])[0] - due) * 1000

    return sorted(await asyncio.gather(*(one(number) for number in range(PACE * PACED_SECONDS))))


async def _rate(caller: Caller, listeners: Listeners, users: Sequence[str], path: str) -> float:
    began, number = perf_counter(), 0

    async def client() -> None:
        nonlocal number
        while perf_counter() - began < RATE_SECONDS:
            number += 1
            title = f"t{number}"
            await caller.ask("POST", path, _message(users[number % len(users)], title))
            await listeners.hears(title)

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return number / (perf_counter() - began)


async def _fan_out(caller: Caller, listeners: Listeners, user_id: str, path: str, title: str, sockets: int) -> float:
    began = perf_counter()
    await caller.ask("POST", path, _message(user_id, title))
    await listeners.hears(title, times=sockets)
    return (max(listeners.heard.get(title, [perf_counter()])) - began) * 1000


async def _read(caller: Caller, address: str) -> float:
    began = perf_counter()
    await caller.ask("GET", address)
    return (perf_counter() - began) * 1000


def _message(user_id: str, title: str) -> dict[str, str]:
    return {"user_id": user_id, "title": title, "identifier": "bench", "description": "A message of manage.py bench"}
