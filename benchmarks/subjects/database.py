"""The database by itself: what it takes of the engine's rows from clients that do nothing but insert."""

from __future__ import annotations

import math
import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from time import perf_counter, sleep

import psycopg

from benchmarks.loading import load
from benchmarks.machine import Load, Watch
from notification_engine.settings.databases import SQLITE
from tests.postgresql import programs

from .engine import Engine
from .filling import Filling, notifications

CLIENTS = 8
USERS = 200
TPS = re.compile(rb"^tps = ([0-9.]+)", re.MULTILINE)
SEQ = "benchmark_seq"


class Database(Engine):
    """It serves nobody: the engine's tables and indexes, and no engine in front of them."""

    name = database = "database"

    def inserts(self, rows: int, *, seconds: float) -> tuple[float, Load]:
        """Rows a second, so many in each statement, each statement on the disk before the next of its client."""
        inserted, load = self._sqlite(rows, seconds) if self.place.is_sqlite else self._postgresql(rows, seconds)
        return inserted * rows, load

    def migrate(self) -> None:
        super().migrate()
        if not self.place.is_sqlite:
            load(self.url, [f"CREATE SEQUENCE {SEQ}"])

    def _postgresql(self, rows: int, seconds: float) -> tuple[float, Load]:
        """Eight connections of pgbench, which stands on the core of the load generator."""
        program = programs() / "pgbench"
        if not program.exists():
            raise SystemExit("pgbench is not installed: apt-get install postgresql; or run with --only baseline,engine")
        script, told = self.place.directory / "insert.sql", self.place.directory / "pgbench.log"
        script.write_text(self._statement(rows) + ";\n")
        command = [
            str(program), "--no-vacuum", "--protocol=prepared", f"--client={CLIENTS}", "--jobs=1",
            f"--time={math.ceil(seconds)}", f"--file={script}", self.url,
        ]  # fmt: skip
        with told.open("wb") as output, _running(command, output) as process:
            watch = Watch({"clients": [process.pid], **self.place.pids})
            # Left to be waited for, so that what it used can still be read.
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            load = watch.load()
        found = TPS.search(told.read_bytes())
        if found is None:
            raise SystemExit(f"pgbench failed: {told.read_text()[-2000:]}")
        return float(found[1]), load

    def _sqlite(self, rows: int, seconds: float) -> tuple[float, Load]:
        """One writer, as there can only be; it is this process."""
        with self._client(rows) as insert:
            watch, began, done = Watch({"generator": [os.getpid()]}), perf_counter(), 0
            while perf_counter() - began < seconds:
                insert()
                done += 1
            return done / (perf_counter() - began), watch.load()

    def commits(self, rate: float, *, seconds: float) -> tuple[list[float], Load]:
        """Milliseconds from the moment each row was due until it was on the disk, one client at a steady pace."""
        took = []
        with self._client(1) as insert:
            watch, began = Watch({"generator": [os.getpid()], **self.place.pids}), perf_counter()
            for number in range(int(rate * seconds)):
                due = began + number / rate
                sleep(max(0, due - perf_counter()))
                insert()
                took.append((perf_counter() - due) * 1000)
            return took, watch.load()

    @contextmanager
    def _client(self, rows: int) -> Iterator[Callable[[], object]]:
        """Each call stores so many rows in one statement; it is this process that waits for the disk."""
        statement = self._statement(rows)
        if not self.place.is_sqlite:
            with psycopg.connect(self.url, autocommit=True, prepare_threshold=0) as link:
                yield lambda: link.execute(statement)
            return
        with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.executescript(str(SQLITE["init_command"]))
            ((seq,),) = connection.execute("SELECT COALESCE(MAX(seq), 0) FROM notifications_notification").fetchall()
            starts = count(seq, rows)
            yield lambda: connection.execute(statement, [next(starts)])

    def _statement(self, rows: int) -> str:
        """Each row for one of the users, with a seq that nobody has: on SQLite from the parameter on."""
        if self.place.is_sqlite:
            filling = Filling(rows=rows, user=f"'u' || abs(random() % {USERS})", seq="? + i", users={})
        else:
            filling = Filling(rows=rows, user=f"'u' || (random() * {USERS})::int", seq=f"nextval('{SEQ}')", users={})
        return notifications(filling, is_sqlite=self.place.is_sqlite)


@contextmanager
def _running(command: list[str], output: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
