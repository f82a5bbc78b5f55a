"""From a request that is due to the frame at the user's socket, at a steady pace."""

from __future__ import annotations

from benchmarks.figures import percentile
from benchmarks.load.paced import open_loop
from benchmarks.trial import Trial

TITLE = "create → socket, open loop, 20 users"
SUBJECTS = ("baseline", "engine", "engine-viewset")
USERS = [f"u{number}" for number in range(20)]
RATES = ((20, 10), (100, 10))
"""Requests a second, for so many seconds."""


async def measure(trial: Trial) -> None:
    subject = trial.subject
    async with trial.stage() as stage:
        await stage.open(USERS)
        for rate, seconds in RATES:
            with stage.watching() as watched:
                took = await open_loop(
                    stage.lines,
                    stage.crowd,
                    lambda title: subject.create(USERS[hash(title) % len(USERS)], title),
                    rate=rate,
                    seconds=trial.sizes.seconds(seconds),
                    prefix=f"r{rate}n",
                )
            trial.note(f"p50 at {rate}/s", percentile(took, 50), "ms", watched)
            trial.note(f"p99 at {rate}/s", percentile(took, 99), "ms", watched)
