"""Creating in bursts in turn, both servers up: a machine that changes its speed does so for both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.subjects.subject import Outside
from benchmarks.trial import Stage, Trial

from .throughput import BATCHES, MANY, SINGLES, USERS, batches, many, outsider, singles, timed

TITLE = "create → deliver, 200 users with one socket each, each run a burst of two seconds in turn"
BURSTS = 10
SECONDS = 2
"""Each begins with a server at rest and ends with the last delivery: of a second that takes some 5 %."""
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
        # One way after the other: what stores many rows keeps the database busy for longer than its burst.
        for way in (SINGLES, *BATCHES, MANY):
            for _ in range(trials[0].sizes.count(BURSTS)):
                for stage, outside in random.sample(sides, len(sides)):
                    await _burst(stage, outside, way)


async def _burst(stage: Stage, outside: Outside | None, way: str) -> None:
    name, also = way if way == SINGLES else way + BESIDE, []
    if way == SINGLES or outside is None:
        work = partial(singles, stage, seconds=SECONDS)
    elif way == MANY:
        work, also = partial(many, outside), [outside.pid]
    else:
        work = partial(batches, stage, BATCHES[way], seconds=SECONDS)
    await timed(stage, name, work, also=also)
