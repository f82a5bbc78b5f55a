"""A run: the phases from calm to silence, one after the other, and the judgement."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable

from tests.chaos import deliveries, inside, judgement
from tests.chaos.devices import Device
from tests.chaos.faults import Phases
from tests.chaos.judge import Verdict
from tests.chaos.plan import Plan
from tests.chaos.processes import until
from tests.chaos.report import Report
from tests.chaos.rig import Rig

CONVERGE_SECONDS = 60
"""A device may be away for as long as its back-off is at most (30 s), and come back to a token that has ended."""
SILENT_SECONDS = 6
"""In which the sweep must bring what no hint told of."""
SETTLE_SECONDS = 75
"""An Idempotency-Key whose request died with its server may be taken over after a minute."""
WARM_SECONDS = 3
BACK_SECONDS = 10
"""After a planned restart of one of two processes."""
STORM_PER_SECOND = 250
"""Devices that connect at the beginning."""
REBUILD_SECONDS = 10
"""In which a server must have noticed a link to Redis that is dead."""


HEADS = """
from notifications.actions.catch_up import catch_up
catch_up(list(Inbox.objects.values_list("pk", flat=True)))
result = [[i.pk, i.epoch, i.seq] for i in Inbox.objects.all()]
"""
"""Where every inbox stands once it has every announcement."""


class Run(Rig):
    """``async with Run(plan) as run``, then ``await run.through()``."""

    def __init__(self, plan: Plan, *, say: Callable[[str], object] = lambda line: None) -> None:
        super().__init__(plan)
        self.say, self.verdict, self.phases = say, Verdict(), Phases()
        self.spreads: dict[str, deliveries.Spread] = {}
        self.per_second = 0.0
        self.returns: deliveries.Spread | None = None

    async def through(self) -> Report:
        """Every phase, unless a device sees what must not be and the plan says to stop then."""
        progress = asyncio.create_task(self._progress())
        try:
            for device in self.devices:
                device.start()
                await asyncio.sleep(1 / STORM_PER_SECOND)
            if not await until(lambda: all(d.seen.is_connected for d in self.devices), seconds=30):
                self.verdict.problems.append("not every device connected")
            phases = [self._calm, self._faulty, self._heal, self._outage, self._absence, self._tail]
            for phase in [*phases, self._newcomers, self._restart, self._silent]:
                if not self.is_over:
                    await phase()
            self.phases.begin("end")
            await judgement.passed(self)
            if not self.is_over:
                await judgement.left_behind(self)
        finally:
            progress.cancel()
        return Report(
            plan=self.plan, ledger=self.ledger, devices=self.devices, verdict=self.verdict, faults=self.faults.done,
            spreads=self.spreads, returns=self.returns, per_second=self.per_second,
            seconds=time.monotonic() - self.began,
        )  # fmt: skip

    @property
    def is_over(self) -> bool:
        is_red = self.verdict.is_red or bool(self.ledger.problems) or any(d.seen.is_red for d in self.devices)
        return self.plan.stop_when_red and is_red

    async def _calm(self) -> None:
        await self.writers.run(rate=self.plan.rate, seconds=WARM_SECONDS)  # the first request imports half the engine
        self.phases.begin("without faults")
        await self.writers.run(rate=self.plan.rate, seconds=self.plan.calm_seconds, stop=lambda: self.is_over)
        self.phases.begin("settling")

    async def _faulty(self) -> None:
        self.phases.begin("under faults")
        writing = self.writers.run(rate=self.plan.rate, seconds=self.plan.seconds, stop=lambda: self.is_over)
        await asyncio.gather(writing, self.faults.run(stop=lambda: self.is_over))

    async def _heal(self) -> None:
        self.phases.begin("healing")
        await self.faults.over()
        for engine in self.engines:
            await engine.answers()
        await self._at_head(CONVERGE_SECONDS, "after healing")

    async def _outage(self) -> None:
        if not self.plan.outage_seconds:
            return
        self.phases.begin("without Redis")
        writing = self.writers.run(rate=self.plan.rate / 2, seconds=self.plan.outage_seconds)
        await asyncio.gather(writing, self.faults.outage(self.plan.outage_seconds))
        self.phases.begin("healing again")
        await self._at_head(CONVERGE_SECONDS, "after the outage")

    async def _tail(self) -> None:
        """One write at a time, each of which a hint must bring to every server."""
        if not self.plan.tail_seconds:
            return
        await asyncio.sleep(REBUILD_SECONDS)
        self.phases.begin("after healing")
        end = time.monotonic() + self.plan.tail_seconds
        while time.monotonic() < end:
            await self.writers.write_to(random.choice(self.users))
            await asyncio.sleep(0.05)
        await self._at_head(SILENT_SECONDS, "of the tail")

    async def _absence(self) -> None:
        """Everybody is away while some inboxes change more than one frame, or one range of changes, can tell."""
        if not self.plan.absent:
            return
        self.phases.begin("away")
        fronts = [engine.front for engine in self.engines]
        for front in fronts:
            front.freeze()
            front.is_deaf = True
        for number, user in enumerate(self.users[: self.plan.absent]):
            await self.writers.flood(user, count=600 if number == 1 else 200, is_heavy=number != 1)
        for front in fronts:
            front.is_deaf = False
            front.cut()
        await self._at_head(CONVERGE_SECONDS, "after the absence")

    async def _newcomers(self) -> None:
        """Each connects while the only write to its inbox is being committed; then nothing more happens to it."""
        arriving = []
        for number in range(self.plan.newcomers):
            user = f"newcomer.{number}"
            self.users.append(user)
            arriving.append(asyncio.create_task(self._arrive(user)))
            await asyncio.sleep(0.05)
        for task in arriving:
            await task
        if arriving:
            await self._at_head(SILENT_SECONDS, "of the newcomers")

    async def _arrive(self, user: str) -> None:
        self.new_device(user, f"{user}/1").start()
        await asyncio.sleep(random.uniform(0, 0.2))
        await self.writers.write_to(user)

    async def _restart(self) -> None:
        """One worker of the first server is told to go, and another takes its place; its devices come back."""
        if not self.plan.restart:
            return
        self.phases.begin("planned restart")
        engine = self.engines[0]
        told, engine.is_draining = time.time(), True
        os.kill(engine.workers[0], signal.SIGTERM)
        await self.writers.run(rate=self.plan.rate, seconds=BACK_SECONDS + 2)
        back = [d.seen.since - told for d in self.devices if d.seen.since > told]
        if away := sum(not d.seen.is_connected for d in self.devices):
            self.verdict.late.append(f"{away} devices are away {BACK_SECONDS + 2} s after the restart")
        self.returns = deliveries.Spread.of(back)
        if self.returns.longest > BACK_SECONDS:
            self.verdict.late.append(f"devices were back after {self.returns}")
        await self._at_head(CONVERGE_SECONDS, "after the restart")

    async def _silent(self) -> None:
        """A last write to every inbox of which no hint tells: only the sweep can bring it."""
        if not self.plan.silent:
            return
        self.phases.begin("by the sweep alone")
        await self._suppress_all()
        for user in self.users[: self.plan.users]:
            await self.writers.write_to(user)
        await self._at_head(SILENT_SECONDS, "of the silent writes")

    async def _suppress_all(self) -> None:
        await self.faults.suppress(1)
        for control in self.service.directory.glob("outsider*.control.*"):
            await inside.ask(control, suppress=1)

    async def _at_head(self, seconds: float, which: str) -> None:
        """Wait until every outcome is known and every device stands where its inbox does."""
        await self.writers.settled(seconds=SETTLE_SECONDS)
        heads = await self.ask(HEADS)
        cursors = {user: (epoch, seq) for user, epoch, seq in heads}

        def are_there() -> bool:
            return self.is_over or all(
                d.seen.is_connected and d.held.cursor == cursors.get(d.user) for d in self.devices
            )

        def is_behind(device: Device) -> bool:
            return device.held.cursor != cursors.get(device.user)

        is_there = await until(are_there, seconds=seconds)
        if not is_there and not any(is_behind(d) and d.seen.is_connected for d in self.devices):
            # Nobody who is here waits for anything; who is not comes back when its back-off is over.
            is_there = await until(are_there, seconds=CONVERGE_SECONDS)
        if not is_there and not self.is_over:
            late = [d.name for d in self.devices if is_behind(d)]
            away = [d.name for d in self.devices if not d.seen.is_connected]
            self.verdict.lost.append(f"{which}: behind {late or 'none'}, away {away or 'none'} after {seconds:g} s")

    async def _progress(self) -> None:
        while True:
            await asyncio.sleep(4)
            connected = sum(d.seen.is_connected for d in self.devices)
            red = " RED" if any(d.seen.is_red for d in self.devices) or self.verdict.is_red else ""
            self.say(
                f"{time.monotonic() - self.began:4.0f} s  {self.phases.name}: {self.ledger.commits:,} commits, "
                f"{sum(d.seen.frames for d in self.devices):,} frames, {connected}/{len(self.devices)} devices, "
                f"{sum(self.faults.done.values())} faults{red}"
            )
