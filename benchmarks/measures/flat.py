"""Reading and marking as the table grows: one user holds a tenth of all rows."""

from __future__ import annotations

import json
from statistics import median
from time import perf_counter

from benchmarks.load.paced import closed_loop
from benchmarks.loading import tidy
from benchmarks.subjects.engine import ViewsetLane
from benchmarks.subjects.filling import unevenly
from benchmarks.trial import Stage, Trial

TITLE = "REST at 10 k, 1 M (with --full 10 M) rows, a tenth of them one user's"
SUBJECTS = ("baseline", "engine", "engine-viewset")
ROWS = (10_000, 1_000_000)
FULL_ROWS = 10_000_000
LEAST_ROWS = 1000
BIG = "u1"
TIMES = 30
TIMES_SECONDS = 20
"""Who is slow is asked fewer times."""
SECONDS = 4
AT_ONCE = 32
MARKED = 100_000


async def measure(trial: Trial) -> None:
    """The rows are stored once; each run starts a server on what the last one left as it found it."""
    scaled = (max(LEAST_ROWS, trial.sizes.count(count) // LEAST_ROWS * LEAST_ROWS) for count in ROWS)
    for count in [*scaled, *([FULL_ROWS] if trial.sizes.full else [])]:
        began = perf_counter()
        if trial.subject.renew_filled(unevenly(count)):
            trial.say(f"{count:,} rows were stored in {perf_counter() - began:.0f} s")
        async with trial.stage(fresh=False) as stage:
            await _measure(trial, stage, count)
        tidy(trial.subject.url)


async def _measure(trial: Trial, stage: Stage, count: int) -> None:
    requests = trial.subject.reads(BIG)
    if not isinstance(trial.subject, ViewsetLane):
        for name, raw in requests.items():
            trial.note(name, await _median(stage, [raw] * TIMES), "ms", rows=count)
    with stage.watching() as watched:
        answers, seconds = await closed_loop(
            stage.lines, lambda _: requests["page"], at_once=AT_ONCE, seconds=trial.sizes.seconds(SECONDS)
        )
    trial.note("pages", answers / seconds, "1/s", watched, rows=count)
    if isinstance(trial.subject, ViewsetLane):
        return
    await _mark_single(trial, stage, requests["page"], count)
    await _mark_many(trial, stage, count)
    if trial.sizes.explain and (plans := trial.subject.plans(BIG)):
        with trial.sizes.explain.open("a") as file:
            file.write(f"{trial.subject.place.name}, {count:,} rows\n\n{plans}\n")


async def _mark_single(trial: Trial, stage: Stage, page: bytes, count: int) -> None:
    subject = trial.subject
    ids = [row["id"] for row in json.loads(await stage.lines.ask(page))["results"]]
    took = await _median(stage, [subject.mark(identity, is_read=True) for identity in ids])
    trial.note("mark one read", took, "ms", rows=count)
    for identity in ids:
        await stage.lines.ask(subject.mark(identity, is_read=False))


async def _mark_many(trial: Trial, stage: Stage, count: int) -> None:
    marked = min(count // 10, MARKED)
    if (raw := trial.subject.mark_oldest(BIG, marked, is_read=True)) is None:
        return
    with stage.watching() as watched:
        began = perf_counter()
        answer = json.loads(await stage.lines.ask(raw))
        took = (perf_counter() - began) * 1000
    if answer["changed"] != marked:
        trial.say(f"only {answer['changed']:,} of {marked:,} were changed")
    trial.note(f"mark {marked:,} read", took, "ms", watched, rows=count)
    undo = trial.subject.mark_oldest(BIG, marked, is_read=False)
    assert undo is not None
    await stage.lines.ask(undo)


async def _median(stage: Stage, requests: list[bytes]) -> float:
    """Milliseconds until one was answered, one after the other."""
    took: list[float] = []
    for raw in requests:
        began = perf_counter()
        await stage.lines.ask(raw)
        took.append((perf_counter() - began) * 1000)
        if sum(took) > TIMES_SECONDS * 1000:
            break
    return median(took)
