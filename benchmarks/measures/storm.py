"""A crowd that comes back at once, each having missed 50 notifications."""

from __future__ import annotations

from time import perf_counter

from benchmarks.subjects.engine import Engine
from benchmarks.subjects.filling import evenly
from benchmarks.trial import Trial

TITLE = "5,000 return with a backlog of 50 each"
DEVICES, BACKLOG = 5000, 50


async def measure(trial: Trial) -> None:
    devices = trial.sizes.count(DEVICES)
    subject = trial.subject
    subject.renew()
    subject.fill(evenly(devices, BACKLOG))
    users = [f"u{number}" for number in range(1, devices + 1)]
    cursors = subject.cursors(users) if isinstance(subject, Engine) else {}
    doors = [subject.door(user, cursor=cursors.get(user), backlog=True) for user in users]
    async with trial.stage(fresh=False) as stage:
        began = perf_counter()
        with stage.watching() as watched:
            opened, seconds = await stage.crowd.open_all(doors, progress=lambda number: trial.say(f"{number} are back"))
        size = sum(device.size for device in stage.crowd.devices)
        if opened < devices:
            trial.say(f"{opened} of {devices} were back after {perf_counter() - began:.0f} s")
        trial.note("all are back with what they missed", seconds * devices / opened, "s", watched)
        trial.note("bytes each", size / opened / 1024, "KiB")
        trial.note("peak memory of the worker", stage.worker.peak_memory / 1024**2, "MiB")
