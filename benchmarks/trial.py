"""One run of one benchmark on one application: what it may use, and what it noted."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .figures import Figure
from .load.http import Lines
from .load.sockets import Crowd
from .machine import Load, Watch
from .processes import Worker
from .subjects import Subject

OPEN_SECONDS = 300
WARM_UP = 30
"""Requests before anything is measured: imports, connections, caches."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much: ``scale`` 1 is what the tables of docs/performance.md show, less is for a look; ``full`` adds hours."""

    scale: float = 1
    full: bool = False
    explain: Path | None = None
    """Where the plans of the reads are kept."""

    def count(self, number: int) -> int:
        return max(1, int(number * self.scale))

    def seconds(self, number: float) -> float:
        return max(1.0, number * self.scale)


@dataclass(kw_only=True)
class Trial:
    benchmark: str
    subject: Subject
    sizes: Sizes
    say: Callable[[str], None]
    figures: list[Figure] = field(default_factory=list)

    def note(
        self, name: str, value: float, unit: str, watched: Watched | None = None, *, rows: int | None = None
    ) -> None:
        """Keep a figure; ``unit`` such as ms, KiB, or 1/s where more is better; ``rows``: of the table."""
        load = watched.load if watched else None
        self.figures.append(
            Figure(
                benchmark=self.benchmark, name=name, place=self.subject.place.name, subject=self.subject.name,
                server=self.subject.server, value=value, unit=unit, rows=rows, load=load,
            )
        )  # fmt: skip

    @asynccontextmanager
    async def stage(self, *, fresh: bool = True) -> AsyncIterator[Stage]:
        """A running server, warmed up; on an empty database unless it was filled before."""
        if fresh:
            self.subject.renew()
        with self.subject.serving() as worker:
            async with Lines(worker.port) as lines:
                stage = Stage(trial=self, worker=worker, lines=lines, crowd=Crowd(worker.port))
                for number in range(WARM_UP):
                    await lines.ask(self.subject.create("warm", f"w{number}"))
                try:
                    yield stage
                finally:
                    await stage.crowd.close()


@dataclass(kw_only=True)
class Watched:
    """Filled when the watching ends."""

    load: Load | None = None


@dataclass(kw_only=True)
class Stage:
    """A running server, HTTP lines and a crowd of sockets to it."""

    trial: Trial
    worker: Worker
    lines: Lines
    crowd: Crowd
    peak_memory: int = 0
    """Of the worker, where a benchmark has read it."""

    @contextmanager
    def watching(self, *, also: Iterable[int] = ()) -> Iterator[Watched]:
        """Who uses the CPU meanwhile; ``also``: processes that count as the server's side."""
        watched = Watched()
        place = self.trial.subject.place
        parts = {"server": [self.worker.pid, *also], "generator": [os.getpid()], **place.pids}
        watch = Watch(parts)
        yield watched
        watched.load = watch.load()

    async def open(self, users: Iterable[str]) -> None:
        """One more socket for each of the users."""
        doors = [self.trial.subject.door(user) for user in users]
        opened, seconds = await self.crowd.open_all(doors, seconds=OPEN_SECONDS)
        if opened < len(doors):
            self.trial.say(f"only {opened:,} of {len(doors):,} sockets were open after {seconds:.0f} s")
