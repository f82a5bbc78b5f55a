"""Where an application keeps its data while it is measured: PostgreSQL with Redis, or SQLite."""

from __future__ import annotations

import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.postgresql import cluster, fresh_database
from tests.servers import free_port

DURABLE = (
    "-c fsync=on -c synchronous_commit=on -c full_page_writes=on -c max_connections=200 -c shared_buffers=1GB "
    "-c max_wal_size=8GB -c checkpoint_timeout=30min -c maintenance_work_mem=512MB"
)
"""As it would run in production: every commit is on the disk before it is answered."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """``pids``: the processes that belong to it, by name."""

    name: str
    directory: Path
    cluster_url: str | None = None
    redis_url: str | None = None
    pids: dict[str, list[int]] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    """The databases whose rows are kept from one run to the next."""

    @property
    def is_sqlite(self) -> bool:
        return self.cluster_url is None

    def url(self, name: str) -> str:
        """Of the database of this name."""
        if self.cluster_url is None:
            return f"sqlite:///{self.directory / name}.sqlite3"
        return f"{self.cluster_url.rpartition('/')[0]}/{name}"

    def make_database(self, name: str) -> None:
        """An empty database of this name, instead of one that may be there."""
        if self.cluster_url is None:
            for file in self.directory.glob(f"{name}.sqlite3*"):
                file.unlink()
            return
        with psycopg.connect(self.cluster_url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        fresh_database(self.cluster_url, name)

    def empty_redis(self) -> None:
        if self.redis_url is not None:
            with redis.Redis.from_url(self.redis_url) as client:
                client.flushall()


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query returns."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


@contextmanager
def place(kind: str) -> Iterator[Place]:
    """``postgresql`` or ``sqlite``, running, in a new directory that is removed."""
    with tempfile.TemporaryDirectory(prefix="notifications-benchmarks-") as name:
        directory = Path(name)
        if kind == "sqlite":
            yield Place(name="SQLite", directory=directory)
            return
        with _postgresql() as url, _redis(directory) as (redis_url, redis_pid):
            with psycopg.connect(url) as connection:
                backend = connection.info.backend_pid
                parent = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]
            pids = {"database": [int(parent)], "redis": [redis_pid]}
            yield Place(name="PostgreSQL + Redis", directory=directory, cluster_url=url, redis_url=redis_url, pids=pids)


@contextmanager
def _postgresql() -> Iterator[str]:
    try:
        with cluster(DURABLE) as url:
            yield url
    except pytest.skip.Exception as problem:
        raise SystemExit(f"{problem}; or run with --on sqlite.") from None


@contextmanager
def _redis(directory: Path) -> Iterator[tuple[str, int]]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(directory)]
    try:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        raise SystemExit("Redis is not installed: apt-get install redis-server; or run with --on sqlite.") from None
    try:
        _wait_for_redis(port)
        yield f"redis://127.0.0.1:{port}/0", process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for_redis(port: int, *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with redis.Redis(port=port) as client:
                client.ping()
                return
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
