"""What every application under test can be asked for."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.load.http import request
from benchmarks.load.sockets import Door
from benchmarks.loading import load
from benchmarks.machine import Cores
from benchmarks.places import Place
from benchmarks.processes import Worker, serving
from tests.servers import free_port
from tests.service import ROOT

from .filling import Filling
from .message import DESCRIPTION


class Subject(ABC):
    """One application in one place. ``port`` is that of its running server."""

    name: str
    database: str
    """What its databases are called; who has the same name can do with the same rows."""
    has_batch = False
    ready = "/"

    def __init__(self, place: Place, *, server: str, cores: Cores) -> None:
        self.place, self.server, self.cores = place, server, cores
        self.port = 0
        self.url = ""

    def renew(self) -> None:
        """An empty, migrated database."""
        self._make(self.database)
        self.enter()

    def renew_filled(self, filling: Filling) -> bool:
        """A database with these rows, which later runs find as the last one left it; whether they were stored now."""
        name = f"{self.database}-{filling.rows}"
        is_new = name not in self.place.filled
        if is_new:
            self._make(name)
            self.fill(filling)
            self.place.filled.add(name)
        self.url = self.place.url(name)
        self.place.empty_redis()
        self.enter()
        return is_new

    def _make(self, name: str) -> None:
        self.place.make_database(name)
        self.place.empty_redis()
        self.url = self.place.url(name)
        self.migrate()

    @contextmanager
    def serving(self) -> Iterator[Worker]:
        """Its server, running."""
        self.port = free_port()
        with serving(
            [sys.executable, *self.command(self.port)],
            cores=self.cores,
            port=self.port,
            environment=self.environment(),
            log=self.place.directory / f"{self.name}-{self.port}.log",
            ready=self.ready,
        ) as worker:
            yield worker

    @abstractmethod
    def migrate(self) -> None: ...

    @abstractmethod
    def enter(self) -> None:
        """Get what a caller needs."""

    @abstractmethod
    def environment(self) -> dict[str, str]: ...

    @abstractmethod
    def command(self, port: int) -> list[str]: ...

    @abstractmethod
    def create(self, user: str, title: str, *, description: str = DESCRIPTION) -> bytes:
        """The request that makes a notification."""

    @abstractmethod
    def door(self, user: str, *, cursor: tuple[str, int] | None = None, backlog: bool = False) -> Door:
        """A user's socket; with a ``backlog`` (or a cursor) it brings what was missed."""

    @abstractmethod
    def statements(self, filling: Filling) -> list[str]:
        """The SQL that stores the rows of a filling."""

    @abstractmethod
    def reads(self, user: str) -> dict[str, bytes]:
        """Requests that read an inbox, by what they read; ``page`` is its first page."""

    @abstractmethod
    def mark(self, identity: int, *, is_read: bool) -> bytes:
        """The request that marks one notification."""

    def mark_oldest(self, user: str, count: int, *, is_read: bool) -> bytes | None:
        """The request that marks so many of an inbox, where there is one."""
        return None

    def plans(self, user: str) -> str:
        """How the database goes about the reads, where it is known."""
        return ""

    def fill(self, filling: Filling) -> None:
        """Store many rows in few statements, while no server runs."""
        load(self.url, self.statements(filling))

    def get(self, path: str) -> bytes:
        return request("GET", path, port=self.port, headers=self.headers())

    def send(self, method: str, path: str, body: Any = None) -> bytes:
        raw = b"" if body is None else json.dumps(body).encode()
        return request(method, path, raw, port=self.port, headers=self.headers())

    def headers(self) -> Sequence[tuple[str, str]]:
        return ()

    def manage(self, module: str, *arguments: str) -> str:
        """The output of a program in the environment of the application."""
        done = subprocess.run(
            [sys.executable, *module.split(), *arguments],
            cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr[-3000:])
        return done.stdout

    async def outside(self, what: str, *numbers: float) -> Outside:
        """Another process of the application, on the server's core, ready to do ``what``."""
        process = await asyncio.create_subprocess_exec(
            *self.cores.prefix, sys.executable, "-m", f"benchmarks.subjects.{self.name}_outside", what,
            *map(str, numbers), cwd=ROOT, env=self.environment(),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        outside = Outside(process)
        await outside.line()
        return outside


class Outside:
    """A process that waits for its sign, and says what came of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self.pid = process, process.pid

    async def line(self, *, seconds: float = 300) -> str:
        assert self._process.stdout is not None
        async with asyncio.timeout(seconds):
            found = await self._process.stdout.readline()
        if not found:
            raise SystemExit("A process outside the server failed.")
        return found.decode().strip()

    async def go(self) -> float:
        """The number it answers with."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        return float(await self.line())

    async def end(self) -> None:
        """Let it finish."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(30):
            await self._process.wait()
