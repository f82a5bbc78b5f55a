"""Writers through every door, who retry with the same key until they know what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.chaos.announcing import Announcing
from tests.chaos.changing import Changing
from tests.chaos.creating import Creating
from tests.chaos.ledger import PLAIN
from tests.chaos.snippets import FLOOD
from tests.chaos.subscribing import Subscribing

IN_FLIGHT = 48
"""Acts that may be under way at once: more would only wait for each other."""
HEAVY = "x" * 3900

USUAL = {
    "rest_one": 30, "rest_batch": 6, "rest_refused": 3, "python_one": 12, "python_many": 6, "python_refused": 5,
    "admin_one": 3, "announcement": 2, "list": 2, "python_list": 1, "topic": 2, "python_topic": 1,
    "topic_refused": 1, "subscription": 8, "come_and_go": 3, "rest_verb": 12, "rest_mark": 8, "python_verb": 6,
    "admin_verb": 4, "device_verb": 6, "seen": 4,
}  # fmt: skip


class Writers(Creating, Announcing, Subscribing, Changing):
    """``rate`` acts a second, drawn from ``weights``; each is in the ledger before it is tried."""

    def __init__(self, *, weights: dict[str, float] | None = None, **who: Any) -> None:
        super().__init__(**who)
        chosen = weights or USUAL
        self._acts = [getattr(self, f"_{name}") for name in chosen]
        self._weights = list(chosen.values())
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, *, rate: float, seconds: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Begin ``rate`` acts a second for so long; they may go on when it returns."""
        loop = asyncio.get_running_loop()
        began = next_at = loop.time()
        end = began + seconds
        while loop.time() < end and not stop():
            while len(self._running) >= IN_FLIGHT:
                await asyncio.wait(list(self._running), return_when=asyncio.FIRST_COMPLETED)
            act = self._random.choices(self._acts, self._weights)[0]
            task = asyncio.create_task(act(), name=f"{act.__name__[1:]} at {loop.time() - began:.0f} s")
            self._running.add(task)
            task.add_done_callback(self._done)
            next_at = max(next_at + 1 / rate, loop.time() - 1)
            await asyncio.sleep(max(0, next_at - loop.time()))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            self._ledger.problems.append(f"a writer failed: {problem!r}")

    async def settled(self, *, seconds: float) -> None:
        """Wait until every outcome is known."""
        if self._running:
            _, pending = await asyncio.wait(list(self._running), timeout=seconds)
            if pending:
                acts = ", ".join(sorted(task.get_name() for task in pending))
                self._ledger.problems.append(f"writers did not learn what came of it within {seconds:g} s: {acts}")

    async def cancel(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def write_to(self, user: str, *, identifier: str = PLAIN) -> None:
        """One notification by Python, straight to the database."""
        await self._python([user], identifier=identifier)

    async def flood(self, user: str, *, count: int, is_heavy: bool) -> None:
        """Many at once; then some of the first are seen, which numbers them after the last."""
        keys = [self._key() for _ in range(count)]
        for key in keys:
            self._ledger.ask([user], key)
        values = {"user": user, "keys": keys, "identifier": PLAIN, "text": HEAVY if is_heavy else ""}
        await self._until_known(lambda: self._outside(FLOOD, **values))
        for key in keys:
            self._ledger.acknowledge([user], key)
