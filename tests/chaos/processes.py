"""The processes of the rig: Redis, and servers that are killed, stopped, drained and started again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import inside
from tests.chaos.proxy import Proxy
from tests.servers import clean_environment, free_port
from tests.service import ROOT, Service

START_SECONDS = 60
DRAIN_SECONDS = 20
REDIS = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", "/tmp", "--port"]


class ChaosService(Service):
    """The engine under production settings, each process with its own way to the database and to Redis."""

    def __init__(self, directory: Path, database: str, *, mutant: str | None, part: int, **options: object) -> None:
        super().__init__(directory, database, closed=True)
        self._mutant, self._part, self._options = mutant, part, options

    def environment_of(self, name: str, *, database: str, redis: str) -> dict[str, str]:
        return {
            **super().environment(**self._options),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "LOG_LEVEL": "WARNING",
            "LOG_FORMAT": "line",
            "CHAOS_CONTROL": str(self.control_of(name)),
            "CHAOS_PART": str(self._part),
            **({"CHAOS_MUTANT": self._mutant} if self._mutant else {}),
        }

    def control_of(self, name: str) -> Path:
        return self.directory / f"{name}.control"


def redis_server() -> str:
    """The program; without it the test is skipped, and fails where ``CI`` is set."""
    found = shutil.which("redis-server")
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Redis is not installed: apt-get install redis-server")
    return found


class Redis:
    """A Redis that keeps nothing, on one port for good."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [redis_server(), *REDIS, str(self.port)],
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)

    async def command(self, *words: str) -> bytes:
        """One command, as text, and the beginning of its answer."""
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write((" ".join(words) + "\r\n").encode())
            try:
                return await reader.read(100_000)
            finally:
                writer.close()


class Engine:
    """``manage.py serve`` and its workers behind a proxy; so are their links to PostgreSQL and Redis."""

    def __init__(
        self,
        name: str,
        service: ChaosService,
        environment: dict[str, str],
        *,
        workers: int = 1,
        is_direct: bool = False,
    ) -> None:
        self.name, self._environment, self._workers, self._is_direct = name, environment, workers, is_direct
        self.port = free_port()
        self._control = service.control_of(name)
        self.log_file = service.directory / f"{name}.log"
        self.front = Proxy(name, ("127.0.0.1", self.port))
        self.is_disturbed = False
        """Killed, stopped or drained right now: other faults leave it alone."""
        self.is_draining = False
        self.exits: list[int] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """What devices and writers are told."""
        return f"127.0.0.1:{self.port if self._is_direct else self.front.port}"

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    @property
    def workers(self) -> list[int]:
        """The pids of the server processes themselves."""
        if self._process is None or self._process.poll() is not None:
            return []
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    async def ask(self, **command: object) -> list[dict[str, int]]:
        """Of each worker. OSError when one is not there."""
        return [await inside.ask(Path(f"{self._control}.{pid}"), **command) for pid in self.workers]

    async def start(self) -> None:
        """Return once it answers."""
        with self.log_file.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port), "--workers", str(self._workers)],
                cwd=ROOT, env=self._environment, stdout=output, stderr=subprocess.STDOUT, process_group=0,
            )  # fmt: skip
        await self.answers()

    async def answers(self) -> None:
        """Wait until every worker is up."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process is None or self._process.poll() is None, self.log
            try:
                held = await self.ask()
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                if len(held) == self._workers:
                    return
            except (OSError, TimeoutError):
                pass
            await asyncio.sleep(0.1)
        raise AssertionError(f"{self.name} did not start:\n{self.log}")

    def signal_workers(self, number: int) -> None:
        for pid in self.workers:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue

    async def drain(self) -> int:
        """SIGTERM, as a planned restart does; the exit status."""
        assert self._process is not None
        self._process.terminate()
        status = await asyncio.to_thread(self._process.wait, DRAIN_SECONDS)
        self.exits.append(status)
        return status

    def end(self) -> None:
        """For good, whatever state it is in."""
        if self._process is None:
            return
        self.signal_workers(signal.SIGKILL)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(timeout=10)


async def until(condition: Callable[[], Any], *, seconds: float, every: float = 0.05) -> bool:
    """Whether a condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(every)
    return True
