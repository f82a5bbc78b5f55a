"""The faults: one every two seconds, drawn from a seed, each with its end."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle

import psycopg

from tests.chaos.devices import Device
from tests.chaos.dying import PLACES
from tests.chaos.plan import Plan
from tests.chaos.processes import Engine, Redis, until
from tests.chaos.proxy import Link, Proxy

DELIVERY_SECONDS = 4
STOP_SECONDS = 2
REDIS_SECONDS = 2
DATABASE_SECONDS = 1.5
FROZEN_SECONDS = 4
SLOW_SECONDS = 3
SUPPRESS_SECONDS = 4
SUPPRESSED = 0.2


class Faults:
    """Draws every kind once before any comes again; ``windows`` is what was done, and when."""

    def __init__(
        self,
        plan: Plan,
        *,
        engines: Sequence[Engine],
        redis: Redis,
        redis_links: dict[str, Proxy],
        database: str,
        database_link: Proxy,
        devices: Sequence[Device],
        can_probe: bool,
    ) -> None:
        self._plan, self._random = plan, random.Random(f"faults {plan.seed}")
        self._engines, self._devices, self._redis = list(engines), list(devices), redis
        self._redis_links, self._database, self._database_link = redis_links, database, database_link
        self._can_probe = can_probe
        self._places = cycle(PLACES)
        self._place = next(self._places)
        self.done: Counter[str] = Counter()
        self.problems: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._redis_is_down = False

    async def run(self, *, stop: Callable[[], bool] = lambda: False) -> None:
        """For ``plan.seconds``; faults that last may outlive it, see ``over``."""
        loop, bag = asyncio.get_running_loop(), []
        next_at, end = loop.time(), loop.time() + self._plan.seconds
        while loop.time() < end and not stop() and self._plan.faults:
            bag = bag or self._random.sample(self._plan.faults, len(self._plan.faults))
            self.begin(bag.pop())
            next_at += self._plan.fault_every
            await asyncio.sleep(max(0, next_at - loop.time()))

    def begin(self, kind: str) -> None:
        task = asyncio.create_task(getattr(self, "_" + kind.replace("-", "_"))())
        self._tasks.add(task)
        self.done[kind] += 1
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            self.problems.append(f"a fault failed: {problem!r}")

    async def over(self) -> None:
        """Wait for the end of each, then mend what was left open."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))
        self._database_link.thaw()
        for link in self._redis_links.values():
            link.is_deaf = False  # the deaf ones stay so: only a new connection hears again
            if not self._can_probe:
                link.cut()
        for engine in self._engines:
            engine.front.cut_disturbed()
            engine.front.delay_seconds = engine.front.bytes_per_second = 0
        for engine in self._engines:
            with suppress(OSError, TimeoutError):
                await engine.ask(die="")
        await self.suppress(0)

    async def cancel(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def suppress(self, share: float) -> None:
        for engine in self._engines:
            with suppress(OSError, TimeoutError):
                await engine.ask(suppress=share)

    # Servers ----------------------------------------------------------------------------------------------------

    def _calm_engine(self) -> Engine | None:
        """One that is not down already; one at least stays untouched."""
        calm = [engine for engine in self._engines if not engine.is_disturbed]
        return self._random.choice(calm) if len(calm) > 1 or (len(self._engines) == 1 and calm) else None

    async def _kill(self) -> None:
        if engine := self._calm_engine():
            engine.is_disturbed = True
            engine.signal_workers(signal.SIGKILL)
            await asyncio.sleep(0.5)
            await engine.answers()
            engine.is_disturbed = False

    async def _kill_delivering(self) -> None:
        """It dies in the middle of its next part, if there is one to deliver soon."""
        if engine := self._calm_engine():
            engine.is_disturbed = True
            pids = engine.workers
            with suppress(OSError, TimeoutError):
                await engine.ask(die=self._place)
            if await until(lambda: engine.workers != pids, seconds=DELIVERY_SECONDS):
                self.done["died delivering"] += 1
                self._place = next(self._places)
            else:
                with suppress(OSError, TimeoutError):
                    await engine.ask(die="")
            await engine.answers()
            engine.is_disturbed = False

    async def _drain(self) -> None:
        if engine := self._calm_engine():
            engine.is_disturbed = engine.is_draining = True
            status = await engine.drain()
            if status != 0:
                self.problems.append(f"{engine.name} ended with {status} when it was told to drain")
            await asyncio.sleep(0.2)  # the last goodbyes are on their way
            engine.is_draining = False
            await engine.start()
            engine.is_disturbed = False

    async def _stop(self) -> None:
        if engine := self._calm_engine():
            engine.is_disturbed = True
            pids = engine.workers
            engine.signal_workers(signal.SIGSTOP)
            try:
                await asyncio.sleep(STOP_SECONDS)
            finally:
                if engine.workers == pids:
                    engine.signal_workers(signal.SIGCONT)
            engine.is_disturbed = False

    # Redis and PostgreSQL ---------------------------------------------------------------------------------------

    async def _redis_killed(self, seconds: float = REDIS_SECONDS) -> None:
        if self._redis_is_down:
            return
        self._redis_is_down = True
        self._redis.kill()
        await asyncio.sleep(seconds)
        self._redis.start()
        self._redis_is_down = False

    async def outage(self, seconds: float) -> None:
        """Without Redis for so long."""
        await self._redis_killed(seconds)

    async def _redis_deaf(self) -> None:
        """One server's link to Redis stays open and carries nothing, for good: nobody tells it."""
        link = self._redis_links[self._random.choice(self._engines).name]
        link.freeze()
        link.is_deaf = True
        await asyncio.sleep(REDIS_SECONDS)
        link.is_deaf = False

    async def _redis_flushed(self) -> None:
        with suppress(OSError, TimeoutError):
            await self._redis.command("FLUSHALL")

    async def _database_terminated(self) -> None:
        sql = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname IS NOT NULL"
        )
        async with await psycopg.AsyncConnection.connect(self._database, autocommit=True) as connection:
            await connection.execute(sql)

    async def _database_away(self) -> None:
        """For the servers: open but deaf, then every connection breaks."""
        self._database_link.freeze()
        self._database_link.is_deaf = True
        await asyncio.sleep(DATABASE_SECONDS)
        self._database_link.cut()
        self._database_link.is_deaf = False

    # Devices and their links ------------------------------------------------------------------------------------

    def _some_links(self, share: float) -> list[tuple[Proxy, Link]]:
        """Of devices and writers, except those of a server that drains: these prove that it says goodbye."""
        fronts = [engine.front for engine in self._engines if not engine.is_draining]
        links = [(front, link) for front in fronts for link in front.links.values()]
        return self._random.sample(links, int(len(links) * share))

    async def _links_cut(self) -> None:
        for _, link in self._some_links(0.3):
            link.cut()

    async def _links_frozen(self) -> None:
        """Half-open for a while, each in one direction or both, then gone."""
        frozen = self._some_links(0.25)
        for _, link in frozen:
            link.freeze(self._random.choice([("client",), ("server",), ("client", "server")]))
        await asyncio.sleep(FROZEN_SECONDS)
        for _, link in frozen:
            link.cut() if self._random.random() < 0.7 else link.thaw()

    async def _links_slow(self) -> None:
        front = self._random.choice(self._engines).front
        front.delay_seconds, front.bytes_per_second = self._random.uniform(0.05, 0.3), 20_000
        await asyncio.sleep(SLOW_SECONDS)
        front.delay_seconds = front.bytes_per_second = 0

    async def _devices_aborted(self) -> None:
        for device in self._random.sample(self._devices, len(self._devices) // 4):
            device.abort()

    async def _hints_suppressed(self) -> None:
        await self.suppress(SUPPRESSED)
        await asyncio.sleep(SUPPRESS_SECONDS)
        await self.suppress(0)


class Phases:
    """When what was going on, by the clock of the wall."""

    def __init__(self) -> None:
        self.windows: dict[str, tuple[float, float]] = {}
        self.name = "start"

    def begin(self, name: str) -> None:
        now = time.time()
        if self.name in self.windows:
            self.windows[self.name] = (self.windows[self.name][0], now)
        self.name = name
        self.windows[name] = (now, float("inf"))

    def at(self, moment: float) -> str | None:
        return next((name for name, (start, end) in self.windows.items() if start <= moment < end), None)
