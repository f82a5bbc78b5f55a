"""Opening many idle sockets of different users: how fast, the first time and again, and what each costs."""

from __future__ import annotations

import asyncio

from benchmarks.trial import Stage, Trial

TITLE = "idle sockets, one a user"
SUBJECTS = ("baseline", "engine", "server")
SOCKETS = (2000, 10_000)
SECONDS = 240
"""Who has not opened all by then is measured by what it opened."""
IDLE = 20
"""Percent of a core: a server that uses less has taken leave of its sockets."""
LOOKS = 60
LOOK_SECONDS = 2


async def measure(trial: Trial) -> None:
    for sockets in map(trial.sizes.count, SOCKETS):
        async with trial.stage() as stage:
            await _open(trial, stage, sockets)


async def _open(trial: Trial, stage: Stage, sockets: int) -> None:
    await stage.open(["first"] * 5)
    before = stage.worker.memory
    opened = await _rate(trial, stage, f"opened to {sockets:,}", sockets)
    trial.note(f"memory each, of {sockets:,}", (stage.worker.memory - before) / opened / 1024, "KiB")
    await stage.crowd.close()
    await _rest(stage)
    await _rate(trial, stage, f"opened again to {sockets:,}", sockets)


async def _rate(trial: Trial, stage: Stage, name: str, sockets: int) -> int:
    doors = [trial.subject.door(f"u{number}") for number in range(sockets)]
    with stage.watching() as watched:
        opened, seconds = await stage.crowd.open_all(
            doors, seconds=SECONDS, progress=lambda number: trial.say(f"{number} are open")
        )
    if opened < sockets:
        trial.say(f"only {opened:,} of {sockets:,} were open after {seconds:.0f} s")
    trial.note(name, opened / seconds, "1/s", watched)
    return opened


async def _rest(stage: Stage) -> None:
    for _ in range(LOOKS):
        with stage.watching() as watched:
            await asyncio.sleep(LOOK_SECONDS)
        if watched.load is None or watched.load.parts["server"] < IDLE:
            break
