"""What 10,000 connected users cost while nothing happens, and what finding a lost hint takes."""

from __future__ import annotations

import asyncio

from benchmarks.trial import Stage, Trial

TITLE = "10,000 idle users: the sweep"
SUBJECTS = ("engine",)
SOCKETS = 10_000
SECONDS = 10


async def measure(trial: Trial) -> None:
    sockets = trial.sizes.count(SOCKETS)
    async with trial.stage() as stage:
        await stage.open(f"u{number}" for number in range(sockets))
        before = await _sweeps(trial, stage)
        with stage.watching() as watched:
            await asyncio.sleep(trial.sizes.seconds(SECONDS))
        after = await _sweeps(trial, stage)
        if watched.load is not None:
            trial.note("server's core, idle", watched.load.parts["server"], "%", watched)
        if count := after[0] - before[0]:
            trial.note("one sweep", (after[1] - before[1]) / count * 1000, "ms", watched)


async def _sweeps(trial: Trial, stage: Stage) -> tuple[float, float]:
    """How many, and their seconds."""
    text = (await stage.lines.ask(trial.subject.get("/metrics"))).decode()
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    name = "notifications_sweep_seconds"
    return float(values.get(f"{name}_count", 0)), float(values.get(f"{name}_sum", 0))
