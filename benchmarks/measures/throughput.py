"""The highest rate at which notifications are stored and seen at their sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter

from benchmarks.load.paced import closed_loop
from benchmarks.subjects.database import Database
from benchmarks.subjects.engine import ViewsetLane
from benchmarks.subjects.subject import Outside
from benchmarks.trial import Stage, Trial, Watched

TITLE = "create → deliver, 200 users with one socket each"
SUBJECTS = ("baseline", "engine", "engine-viewset", "database")
USERS = [f"u{number}" for number in range(200)]
AT_ONCE = 128
BATCHES = {f"batches of {size:,}": size for size in (200, 1000)}
BATCHES_AT_ONCE = 4
DATABASE_ROWS = 1000
"""Of each statement when the database by itself is given many."""
SECONDS = 6
DRAIN_SECONDS = 30


SINGLES, MANY = "one by one", "from another process, to 200 users"


async def measure(trial: Trial) -> None:
    if isinstance(trial.subject, Database):
        _inserts(trial, trial.subject)
        return
    async with trial.stage() as stage:
        await stage.open(USERS)
        await timed(stage, SINGLES, partial(singles, stage, seconds=trial.sizes.seconds(SECONDS)))
        if isinstance(trial.subject, ViewsetLane):
            return
        if trial.subject.has_batch:
            for name, size in BATCHES.items():
                await timed(stage, name, partial(batches, stage, size, seconds=trial.sizes.seconds(SECONDS)))
        async with outsider(stage, seconds=trial.sizes.seconds(SECONDS)) as outside:
            await timed(stage, MANY, partial(many, outside), also=[outside.pid])


def _inserts(trial: Trial, database: Database) -> None:
    """What the database takes by itself: the most that anything could reach which stores the same row."""
    database.renew()
    for rows, names in ((1, [SINGLES]), (DATABASE_ROWS, [*BATCHES, MANY])):
        rate, load = database.inserts(rows, seconds=trial.sizes.seconds(SECONDS))
        for name in names:
            trial.note(name, rate, "1/s", Watched(load=load))


async def singles(stage: Stage, *, seconds: float) -> int:
    subject = stage.trial.subject
    count, _ = await closed_loop(
        stage.lines,
        lambda number: subject.create(USERS[number % len(USERS)], f"n{number}"),
        at_once=AT_ONCE,
        seconds=seconds,
    )
    return count


async def batches(stage: Stage, size: int, *, seconds: float) -> int:
    subject = stage.trial.subject
    items = [(USERS[number % len(USERS)], f"b{number}") for number in range(size)]
    batch = subject.batch(items)  # type: ignore[attr-defined]
    count, _ = await closed_loop(stage.lines, lambda _: batch, at_once=BATCHES_AT_ONCE, seconds=seconds)
    return count * size


@asynccontextmanager
async def outsider(stage: Stage, *, seconds: float) -> AsyncIterator[Outside]:
    """Another process, for ``many``."""
    outside = await stage.trial.subject.outside("many", len(USERS), seconds)
    try:
        yield outside
    finally:
        await outside.end()


async def many(outside: Outside) -> int:
    """In Python: ``notify_many`` of the engine, a loop of ``create()`` of the baseline."""
    return int(await outside.go())


async def timed(stage: Stage, name: str, work: Callable[[], Awaitable[int]], *, also: Sequence[int] = ()) -> None:
    """Note the rate until the last one was delivered; ``also``: processes beside the server's."""
    stage.crowd.forget()
    with stage.watching(also=also) as watched:
        began = perf_counter()
        count = await work()
        is_whole = await stage.crowd.items_reach(count, seconds=DRAIN_SECONDS)
        seconds = perf_counter() - began
    if not is_whole:
        lost = f"{stage.crowd.items} of {count} arrived within {DRAIN_SECONDS} s of the last answer"
        stage.trial.say(f"{name}: {lost}")
    stage.trial.note(name, stage.crowd.items / seconds, "1/s", watched)
