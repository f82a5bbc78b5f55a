"""Opening many idle sockets of different users: how fast, and what each costs."""

from __future__ import annotations

from benchmarks.trial import Stage, Trial

TITLE = "idle sockets, one a user"
SOCKETS = (2000, 10_000)
SECONDS = 240
"""Who has not opened all by then is measured by what it opened."""


async def measure(trial: Trial) -> None:
    for sockets in map(trial.sizes.count, SOCKETS):
        async with trial.stage() as stage:
            await _open(trial, stage, sockets)


async def _open(trial: Trial, stage: Stage, sockets: int) -> None:
    await stage.open(["first"] * 5)
    before = stage.worker.memory
    doors = [trial.subject.door(f"u{number}") for number in range(sockets)]
    with stage.watching() as watched:
        opened, seconds = await stage.crowd.open_all(
            doors, seconds=SECONDS, progress=lambda number: trial.say(f"{number} are open")
        )
    if opened < sockets:
        trial.say(f"only {opened:,} of {sockets:,} were open after {seconds:.0f} s")
    trial.note(f"opened to {sockets:,}", opened / seconds, "1/s", watched)
    trial.note(f"memory each, of {sockets:,}", (stage.worker.memory - before) / opened / 1024, "KiB")
