"""From the command to the first answer."""

from __future__ import annotations

from time import perf_counter

from benchmarks.load.http import Lines
from benchmarks.machine import Load, used
from benchmarks.trial import Trial, Watched

TITLE = "cold start"


async def measure(trial: Trial) -> None:
    subject = trial.subject
    subject.renew()
    began = perf_counter()
    with subject.serving() as worker:
        took = perf_counter() - began
        load = Load(parts={"server": used(worker.pid) / took * 100})
        trial.note("first answer", took, "s", Watched(load=load))
        async with Lines(worker.port) as lines:
            await lines.ask(subject.create("u1", "first"))
            trial.note("first notification stored", perf_counter() - began, "s")
        trial.note("memory of the worker", worker.memory / 1024**2, "MiB")
