"""Reading and marking as the table grows: one user holds a tenth of all rows."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import median
from time import perf_counter

from benchmarks.load.paced import closed_loop
from benchmarks.loading import tidy
from benchmarks.machine import Load
from benchmarks.subjects.engine import ViewsetLane
from benchmarks.subjects.filling import unevenly
from benchmarks.trial import Stage, Trial, Watched

TITLE = "REST at 10 k, 1 M (with --full 10 M) rows, a tenth of them one user's"
SUBJECTS = ("baseline", "engine", "engine-viewset")
ROWS = (10_000, 1_000_000)
FULL_ROWS = 10_000_000
LEAST_ROWS = 1000
BIG = "u1"
TIMES = 30
TIMES_SECONDS = 20
"""Who is slow is asked fewer times."""
BURSTS = 5
SECONDS = 1
AT_ONCE = 32
MARKED = 100_000


@dataclass(frozen=True, kw_only=True)
class Table:
    """One size of it: a running server, and what it is asked."""

    rows: int
    stage: Stage
    requests: dict[str, bytes]


async def measure(trial: Trial) -> None:
    """The rows are stored once; each run starts servers on what the last one left as it found it.

    All sizes are read in turn, so that a machine that changes its speed does so for each.
    """
    scaled = (max(LEAST_ROWS, trial.sizes.count(count) // LEAST_ROWS * LEAST_ROWS) for count in ROWS)
    sizes = [*scaled, *([FULL_ROWS] if trial.sizes.full else [])]
    async with AsyncExitStack() as stack:
        tables = [await _table(trial, stack, count) for count in sizes]
        if not isinstance(trial.subject, ViewsetLane):
            for name in tables[0].requests:
                await _one_by_one(trial, tables, name)
        await _pages(trial, tables)
    if isinstance(trial.subject, ViewsetLane):
        return
    for count in sizes:
        trial.subject.renew_filled(unevenly(count))
        async with trial.stage(fresh=False) as stage:
            await _mark(trial, stage, count)
        tidy(trial.subject.url)


async def _table(trial: Trial, stack: AsyncExitStack, count: int) -> Table:
    began = perf_counter()
    if trial.subject.renew_filled(unevenly(count)):
        trial.say(f"{count:,} rows were stored in {perf_counter() - began:.0f} s")
    stage = await stack.enter_async_context(trial.stage(fresh=False))
    return Table(rows=count, stage=stage, requests=trial.subject.reads(BIG))


async def _one_by_one(trial: Trial, tables: Sequence[Table], name: str) -> None:
    """Milliseconds until each was answered."""
    took: dict[int, list[float]] = {table.rows: [] for table in tables}
    first, *others = tables
    with first.stage.watching(also=[table.stage.worker.pid for table in others]) as watched:
        for _ in range(TIMES):
            for table in random.sample(tables, len(tables)):
                if sum(took[table.rows]) <= TIMES_SECONDS * 1000:
                    took[table.rows].append(await _milliseconds(table.stage, table.requests[name]))
    for table in tables:
        trial.note(name, median(took[table.rows]), "ms", watched, rows=table.rows)


async def _pages(trial: Trial, tables: Sequence[Table]) -> None:
    rates: dict[int, list[float]] = {table.rows: [] for table in tables}
    loads: dict[int, list[Load]] = {table.rows: [] for table in tables}
    for _ in range(BURSTS):
        for table in random.sample(tables, len(tables)):
            rate, load = await _burst(table, trial.sizes.seconds(SECONDS))
            rates[table.rows].append(rate)
            loads[table.rows].append(load)
    for table in tables:
        busy = Watched(load=Load.average(loads[table.rows]))
        trial.note("pages", median(rates[table.rows]), "1/s", busy, rows=table.rows)


async def _burst(table: Table, seconds: float) -> tuple[float, Load]:
    with table.stage.watching() as watched:
        answers, took = await closed_loop(
            table.stage.lines, lambda _: table.requests["page"], at_once=AT_ONCE, seconds=seconds
        )
    assert watched.load is not None
    return answers / took, watched.load


async def _mark(trial: Trial, stage: Stage, count: int) -> None:
    await _mark_single(trial, stage, trial.subject.reads(BIG)["page"], count)
    await _mark_many(trial, stage, count)
    if trial.sizes.explain and (plans := trial.subject.plans(BIG)):
        with trial.sizes.explain.open("a") as file:
            file.write(f"{trial.subject.place.name}, {count:,} rows\n\n{plans}\n")


async def _mark_single(trial: Trial, stage: Stage, page: bytes, count: int) -> None:
    subject = trial.subject
    ids = [row["id"] for row in json.loads(await stage.lines.ask(page))["results"]]
    with stage.watching() as watched:
        took = [await _milliseconds(stage, subject.mark(identity, is_read=True)) for identity in ids]
    trial.note("mark one read", median(took), "ms", watched, rows=count)
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


async def _milliseconds(stage: Stage, raw: bytes) -> float:
    began = perf_counter()
    await stage.lines.ask(raw)
    return (perf_counter() - began) * 1000
