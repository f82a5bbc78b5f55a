"""Reading and marking as the table grows: one user holds a tenth of all rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.load.paced import closed_loop
from benchmarks.subjects.filling import unevenly
from benchmarks.trial import Stage, Trial

TITLE = "REST at 10 k, 1 M (with --full 10 M) rows, a tenth of them one user's"
ROWS = (10_000, 1_000_000)
FULL_ROWS = 10_000_000
BIG = "u1"
TIMES = 30
SECONDS = 4
AT_ONCE = 8
MARK_ALL = 100_000


async def measure(trial: Trial) -> None:
    for count in [*map(trial.sizes.count, ROWS), *([FULL_ROWS] if trial.sizes.full else [])]:
        trial.subject.renew()
        began = perf_counter()
        trial.subject.fill(unevenly(count))
        trial.say(f"{count:,} rows were stored in {perf_counter() - began:.0f} s")
        async with trial.stage(fresh=False) as stage:
            await _reads(trial, stage, count)
            await _changes(trial, stage, count)


async def _reads(trial: Trial, stage: Stage, count: int) -> None:
    requests = trial.subject.reads(BIG)
    for name, raw in requests.items():
        took = [await _one(stage, lambda _, raw=raw: raw, number) for number in range(TIMES)]
        trial.note(f"{name}, {count:,} rows", median(took), "ms")
    with stage.watching() as watched:
        answers, seconds = await closed_loop(
            stage.lines, lambda _: requests["page"], at_once=AT_ONCE, seconds=trial.sizes.seconds(SECONDS)
        )
    trial.note(f"pages, {count:,} rows", answers / seconds, "1/s", watched)


async def _changes(trial: Trial, stage: Stage, count: int) -> None:
    page = json.loads(await stage.lines.ask(trial.subject.reads(BIG)["page"]))
    ids = [row["id"] for row in page["results"]]
    requests = [trial.subject.mark_read(identity) for identity in ids]
    took = [await _one(stage, requests.__getitem__, number) for number in range(len(ids))]
    trial.note(f"mark one read, {count:,} rows", median(took), "ms")
    if (raw := trial.subject.mark_all(BIG)) is not None and count // 10 <= MARK_ALL:
        trial.note(f"mark all {count // 10:,} read, {count:,} rows", await _one(stage, lambda _: raw, 0), "ms")
    if trial.sizes.explain:
        trial.say(f"plans at {count:,} rows\n{trial.subject.plans(BIG)}")


async def _one(stage: Stage, request: Callable[[int], bytes], number: int) -> float:
    raw = request(number)
    began = perf_counter()
    await stage.lines.ask(raw)
    return (perf_counter() - began) * 1000
