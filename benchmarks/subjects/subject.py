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
from benchmarks.machine import Cores
from benchmarks.places import Place, execute, tidy
from benchmarks.processes import Worker, serving
from tests.servers import free_port
from tests.service import ROOT

from .filling import Filling
from .message import DESCRIPTION


class Subject(ABC):
    """One application in one place. ``port`` is that of its running server."""

    name: str
    has_batch = False
    ready = "/"

    def __init__(self, place: Place, *, server: str, cores: Cores) -> None:
        self.place, self.server, self.cores = place, server, cores
        self.port = 0
        self.url = ""

    def renew(self) -> None:
        """An empty, migrated database."""
        self.url = self.place.new_database(self.name)
        self.place.empty_redis()
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
            log=self.place.directory / f"{self.name}.log",
            ready=self.ready,
        ) as worker:
            yield worker

    @abstractmethod
    def migrate(self) -> None: ...

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
    def mark_read(self, identity: int) -> bytes:
        """The request that marks one notification."""

    def mark_all(self, user: str) -> bytes | None:
        """The request that marks an inbox, where there is one."""
        return None

    def plans(self, user: str) -> str:
        """How the database goes about the reads, where it is known."""
        return ""

    def fill(self, filling: Filling) -> None:
        """Store many rows in few statements; no server runs."""
        execute(self.url, self.statements(filling))
        tidy(self.url)

    def get(self, path: str) -> bytes:
        return request("GET", path, port=self.port, headers=self.headers())

    def send(self, method: str, path: str, body: Any) -> bytes:
        return request(method, path, json.dumps(body).encode(), port=self.port, headers=self.headers())

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

    async def outside(self, what: str, *numbers: int) -> Outside:
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
