"""Creating one by one in bursts in turn, both servers up: a machine that changes its speed does so for both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.trial import Trial

from .throughput import SINGLES, USERS, singles, timed

TITLE = "create → deliver, 200 users with one socket each, each run a burst of a second in turn"
BURSTS = 10
SECONDS = 1


async def measure_in_turn(trials: Sequence[Trial]) -> None:
    async with AsyncExitStack() as stack:
        stages = [await stack.enter_async_context(trial.stage()) for trial in trials]
        for stage in stages:
            await stage.open(USERS)
            await singles(stage, seconds=SECONDS)  # the first of all is not measured
        for _ in range(trials[0].sizes.count(BURSTS)):
            for stage in random.sample(stages, len(stages)):
                await timed(stage, SINGLES, partial(singles, stage, seconds=SECONDS))
