"""What others feel, and what the worker needs, while somebody behaves badly."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from time import perf_counter

from benchmarks.figures import percentile
from benchmarks.load.paced import open_loop
from benchmarks.load.sockets import Crowd, Device, Door
from benchmarks.subjects.engine import Engine
from benchmarks.subjects.filling import evenly
from benchmarks.trial import Stage, Trial

TITLE = "others' create → socket at 20/s, and the worker's peak memory, while …"
SUBJECTS = ("engine",)
OTHERS = [f"other{number}" for number in range(20)]
RATE, SECONDS = 20, 10
BAD = "u1"
PER_USER = 20
LARGE = "x" * 4000
ACT_SECONDS = 180
"""How long an act may go on after the others were measured."""
FLOODERS, FLOOD_SECONDS = 20, 0.01
"""40,000 commands a second: more would only make the generator slow."""
BEHIND = 10_000
CUT = 5000

Act = Callable[[Trial, Stage, Crowd], Awaitable[None]]


async def measure(trial: Trial) -> None:
    subject = trial.subject
    assert isinstance(subject, Engine)
    for name, act in ACTS.items():
        subject.more_options = {"MAX_SOCKETS_PER_USER": PER_USER}
        subject.renew()
        if act is _return_far_behind:
            subject.fill(evenly(1, trial.sizes.count(BEHIND)))
        async with trial.stage(fresh=False) as stage:
            await stage.open(OTHERS)
            before = stage.worker.memory
            crowd = Crowd(stage.worker.port)
            with stage.watching() as watched:
                async with _acting(act, trial, stage, crowd):
                    took = await open_loop(
                        stage.lines, stage.crowd, lambda title: subject.create(OTHERS[hash(title) % 20], title),
                        rate=RATE, seconds=trial.sizes.seconds(SECONDS),
                    )  # fmt: skip
            await crowd.close()
        for percent, figure in ((50, "p50"), (99, "p99"), (100, "max")):
            trial.note(f"{name}: {figure}", percentile(took, percent), "ms", watched)
        trial.note(f"{name}: peak memory", stage.peak_memory / 1024**2, "MiB")
        trial.note(f"{name}: memory before", before / 1024**2, "MiB")


@asynccontextmanager
async def _acting(act: Act, trial: Trial, stage: Stage, crowd: Crowd) -> AsyncIterator[None]:
    """Misbehave during the block; the peak is read before the server ends."""
    task = asyncio.create_task(act(trial, stage, crowd))
    try:
        yield
        try:
            async with asyncio.timeout(ACT_SECONDS):
                await asyncio.shield(task)
        except TimeoutError:
            trial.say(f"{act.__name__} was not done after {ACT_SECONDS} s more")
    finally:
        stage.peak_memory = stage.worker.peak_memory
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _nothing(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """For comparison."""


async def _flood_a_reader_that_stopped(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """A socket takes nothing more while 60 MB are created for its user."""
    device = await crowd.open(trial.subject.door(BAD))
    device.stop_reading()
    batch = trial.subject.batch([(BAD, f"flood {number}") for number in range(150)], description=LARGE)
    for _ in range(trial.sizes.count(100)):
        await stage.lines.ask(batch)


async def _flood_commands(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """Clients send 2,000 commands a second each, and come back at once when they are thrown out."""
    end, thrown_out = perf_counter() + trial.sizes.seconds(SECONDS), 0

    async def flooder(number: int) -> None:
        nonlocal thrown_out
        while perf_counter() < end:
            device = await crowd.open(trial.subject.door(f"flooder{number}"))
            while not device.is_gone.is_set() and perf_counter() < end:
                for _ in range(20):
                    device.say('{"type":"ping"}')
                await asyncio.sleep(FLOOD_SECONDS)
            thrown_out += device.close_code == 4429

    await asyncio.gather(*(flooder(number) for number in range(FLOODERS)))
    trial.say(f"{thrown_out} sockets were closed with 4429")


async def _knock_when_full(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """A user who holds 20 sockets asks for the 21st again and again."""
    for _ in range(PER_USER):
        await crowd.open(trial.subject.door(BAD))
    door = trial.subject.door(BAD)
    knock, refused = Door(user=BAD, path=door.path, headers=door.headers, frames=1), []
    end = perf_counter() + trial.sizes.seconds(SECONDS)
    while perf_counter() < end:
        device = await crowd.open(knock)
        await device.is_gone.wait()
        refused.append(device.close_code)
    trial.say(f"{refused.count(4429)} of {len(refused)} were refused with 4429")
    trial.note("20 sockets a user: refused with 4429", refused.count(4429) / len(refused) * 100, "%")


async def _return_far_behind(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """Devices come back, one after the other, of an inbox that has changed 10,000 times since."""
    cursor = trial.subject.cursors([BAD])[BAD]
    took, size = [], 0
    for _ in range(20):
        began = perf_counter()
        device = await crowd.open(trial.subject.door(BAD, cursor=cursor))
        took.append((perf_counter() - began) * 1000)
        size = device.size
        device.cut()
        await device.is_gone.wait()
    trial.note("10,000 changes behind: returned with", size / 1024, "KiB")
    trial.note("10,000 changes behind: back after, p50", percentile(took, 50), "ms")


async def _cut_and_return(trial: Trial, stage: Stage, crowd: Crowd) -> None:
    """5,000 sockets are cut at once and come back as the protocol says: after random(0, min(30 s, 0.5 s · 2^n))."""
    doors = [trial.subject.door(f"u{number}") for number in range(trial.sizes.count(CUT))]
    await crowd.open_all(doors)
    for device in list(crowd.devices):
        device.cut()
    began = perf_counter()
    tries = await asyncio.gather(*(_come_back(crowd, door) for door in doors))
    trial.note("5,000 cut: all back after", perf_counter() - began, "s")
    trial.say(f"most tries of one device: {max(tries)}")


async def _come_back(crowd: Crowd, door: Door) -> int:
    """How many tries it took."""
    for attempt in range(20):
        await asyncio.sleep(random.uniform(0, min(30, 0.5 * 2**attempt)))
        with suppress(OSError, TimeoutError):
            device: Device = await crowd.open(door)
            if not device.is_gone.is_set():
                return attempt + 1
    return 20


ACTS: dict[str, Act] = {
    "nothing": _nothing,
    "a reader stops": _flood_a_reader_that_stopped,
    "floods of commands": _flood_commands,
    "20 sockets a user": _knock_when_full,
    "10,000 changes behind": _return_far_behind,
    "5,000 cut": _cut_and_return,
}
