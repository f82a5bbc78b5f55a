"""Creating in bursts in turn, both servers up: a machine that changes its speed does so for both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.subjects.subject import Outside
from benchmarks.trial import Stage, Trial

from .throughput import BATCHES, MANY, SINGLES, USERS, batches, many, outsider, singles, timed

TITLE = "create → deliver, 200 users with one socket each, each run a burst of a second in turn"
BURSTS = 10
SECONDS = 1
BESIDE = ", baseline one by one"
"""Its only way over HTTP to store many; ``throughput`` has its own loop in Python beside ``notify_many``."""


async def measure_in_turn(trials: Sequence[Trial]) -> None:
    async with AsyncExitStack() as stack:
        sides: list[tuple[Stage, Outside | None]] = []
        for trial in trials:
            stage = await stack.enter_async_context(trial.stage())
            await stage.open(USERS)
            await singles(stage, seconds=SECONDS)  # the first of all is not measured
            many_ways = trial.subject.has_batch
            outside = await stack.enter_async_context(outsider(stage, seconds=SECONDS)) if many_ways else None
            sides.append((stage, outside))
        for _ in range(trials[0].sizes.count(BURSTS)):
            for stage, outside in random.sample(sides, len(sides)):
                await _burst(stage, outside)


async def _burst(stage: Stage, outside: Outside | None) -> None:
    rate = await timed(stage, SINGLES, partial(singles, stage, seconds=SECONDS))
    if outside is None:
        for name in (*BATCHES, MANY):
            stage.trial.note(name + BESIDE, rate, "1/s")
        return
    for name, size in BATCHES.items():
        await timed(stage, name + BESIDE, partial(batches, stage, size, seconds=SECONDS))
    await timed(stage, MANY + BESIDE, partial(many, outside), also=[outside.pid])
