"""Many processes and hosts, simulated from the costs that one process was measured to have (docs/scaling.md).

``python -m benchmarks.scaling`` needs no server and no database: it draws users, sockets and notifications at random
and lets every process serve what comes to it, one after the other, as its core does.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from statistics import quantiles


@dataclass(frozen=True, kw_only=True)
class Costs:
    """CPU of one process, in microseconds unless said otherwise; measured by ``python -m benchmarks``."""

    create: float = 350
    """A notification by REST, from the request to the answer, its hint sent."""
    push: float = 16
    """A frame to one socket."""
    hint: float = 35
    """A hint of another process, from Redis to the hub: 23 for receiving it were measured, the rest is estimated."""
    connect: float = 1500
    """A socket, from the handshake to its snapshot."""
    sweep: float = 4
    """The sweep, per connected user and second."""
    socket_kib: float = 17
    database: float = 90
    """CPU of PostgreSQL for a notification."""
    row_bytes: float = 700
    """A notification in PostgreSQL with its indexes."""


@dataclass(frozen=True, kw_only=True)
class Town:
    """Who there is, and what they do at the busiest moment."""

    users: int = 1_000_000
    online: float = 0.1
    """The part of the users that is connected."""
    devices: float = 1.3
    """Sockets of one who is."""
    per_day: float = 20
    """Notifications of one user."""
    peak: float = 5
    """How much busier than the average the busiest moment is."""
    processes: int = 8
    seconds: float = 10


@dataclass(frozen=True, kw_only=True)
class Peak:
    """The busiest moment: how busy each process is, how late frames come, and what passes through Redis."""

    creates: float
    busiest: float
    delay_p99: float
    hints: float
    per_hint: float


def peak(town: Town, costs: Costs, *, seed: int = 1) -> Peak:
    """Each process takes what comes to it in turn: creations wherever the balancer sends them, hints and frames where
    the user's sockets are.
    """
    dice = random.Random(seed)
    rate = town.users * town.per_day / 86_400 * town.peak
    homes = [_homes(dice, town) for _ in range(min(town.users, 20_000))]
    free_at, busy = [0.0] * town.processes, [0.0] * town.processes
    sweeping = 1 - costs.sweep * town.users * town.online / town.processes / 1e6
    delays: list[float] = []
    heard = made = 0
    # When, to which process, for how many of its sockets, and whether it is a creation. In order, so it is a heap.
    queue = [(at, dice.randrange(town.processes), 0, True) for at in _moments(dice, rate, town.seconds)]
    while queue:
        at, process, sockets, is_creation = heapq.heappop(queue)
        cost = (costs.create if is_creation else costs.hint + sockets * costs.push) / 1e6 / max(sweeping, 0.01)
        done = max(at, free_at[process]) + cost
        free_at[process] = done
        busy[process] += cost
        if is_creation:
            made += 1
            for home, number in dice.choice(homes).items():
                heard += 1
                heapq.heappush(queue, (done, home, number, False))
        else:
            delays.append(done - at)
    return Peak(
        creates=rate, busiest=max(busy) / town.seconds + 1 - sweeping,
        delay_p99=quantiles(delays, n=100)[98] if len(delays) > 1 else 0, hints=rate, per_hint=heard / max(made, 1),
    )  # fmt: skip


def restart(town: Town, costs: Costs, *, within: float = 15, seed: int = 1) -> float:
    """Seconds until the sockets of one process are back on the others, each coming at its moment within ``within``."""
    dice = random.Random(seed)
    sockets = round(town.users * town.online * town.devices / town.processes)
    free_at = [0.0] * max(town.processes - 1, 1)
    for at in sorted(dice.uniform(0, within) for _ in range(sockets)):
        process = dice.randrange(len(free_at))
        free_at[process] = max(at, free_at[process]) + costs.connect / 1e6
    return max(free_at)


def _homes(dice: random.Random, town: Town) -> Counter[int]:
    """The processes a user's sockets are on; most users have none."""
    if dice.random() >= town.online:
        return Counter()
    sockets = 1 + (dice.random() < town.devices - 1)
    return Counter(dice.randrange(town.processes) for _ in range(sockets))


def _moments(dice: random.Random, rate: float, seconds: float) -> Iterator[float]:
    at = dice.expovariate(rate)
    while at < seconds:
        yield at
        at += dice.expovariate(rate)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    for shape in (Town, Costs):
        for one in fields(shape):
            parser.add_argument(f"--{one.name.replace('_', '-')}", type=type(one.default), default=one.default)
    given = vars(parser.parse_args())
    town = Town(**{one.name: given[one.name] for one in fields(Town)})
    costs = Costs(**{one.name: given[one.name] for one in fields(Costs)})
    print(report(town, costs))


def report(town: Town, costs: Costs) -> str:
    """A few lines for people."""
    busy, sockets = peak(town, costs), town.users * town.online * town.devices
    lines = {
        "notifications at the peak": f"{busy.creates:,.0f}/s",
        "sockets": f"{sockets:,.0f}, {sockets / town.processes:,.0f} a process",
        "memory of the sockets": f"{sockets * costs.socket_kib / 2**20:,.1f} GiB in all",
        "busiest process": f"{busy.busiest:.0%} of a core",
        "hint to frame, p99": f"{busy.delay_p99 * 1000:,.1f} ms",
        "hints through Redis": f"{busy.hints:,.0f}/s, each heard by {busy.per_hint:.2f} processes",
        "PostgreSQL": f"{busy.creates * costs.database / 1e6:.2f} cores",
        "kept of a day": f"{town.users * town.per_day * costs.row_bytes / 2**30:,.1f} GiB",
        "one process restarts": f"its sockets are back after {restart(town, costs):.1f} s",
    }  # fmt: skip
    width = max(map(len, lines))
    return "\n".join(f"{name:{width}}  {text}" for name, text in lines.items())


if __name__ == "__main__":
    main()
