"""One change to all the sockets of one user."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from benchmarks.trial import Stage, Trial

TITLE = "request → last of N sockets of one user"
SOCKETS = (1, 100, 1000, 5000)
TIMES = 10


async def measure(trial: Trial) -> None:
    async with trial.stage() as stage:
        opened = 0
        for sockets in map(trial.sizes.count, SOCKETS):
            await stage.open(["u1"] * (sockets - opened))
            opened = sockets
            trial.say(f"{sockets} sockets are open")
            with stage.watching() as watched:
                took = [await _one(trial, stage, f"f{sockets}n{number}") for number in range(TIMES)]
            trial.note(f"last of {sockets:,}", median(took) * 1000, "ms", watched)


async def _one(trial: Trial, stage: Stage, title: str) -> float:
    stage.crowd.forget()
    began = perf_counter()
    await stage.lines.ask(trial.subject.create("u1", title))
    if not await stage.crowd.items_reach(len(stage.crowd.devices)):
        trial.say(f"only {stage.crowd.items} of {len(stage.crowd.devices)} sockets heard of it")
    return stage.crowd.heard[-1][0] - began if stage.crowd.heard else 60.0
