"""The machine: its cores, and who used them, read from /proc."""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.postgresql import installed

TICK = os.sysconf("SC_CLK_TCK")
BUSY = 85
"""Percent of a core from which it is called the limit."""


@dataclass(frozen=True, kw_only=True)
class Cores:
    """Where the server runs, and where everything else does; None on a machine that cannot tell."""

    server: int | None
    rest: int | None

    @classmethod
    def of_this_machine(cls) -> Cores:
        if shutil.which("taskset") is None or not hasattr(os, "sched_getaffinity"):
            return cls(server=None, rest=None)
        usable = sorted(os.sched_getaffinity(0))
        return cls(server=usable[0], rest=usable[1]) if len(usable) > 1 else cls(server=None, rest=None)

    def take_the_rest(self) -> None:
        """Keep this process, and all it starts, off the server's core."""
        if self.rest is not None:
            os.sched_setaffinity(0, {self.rest})

    @property
    def prefix(self) -> list[str]:
        """What a command begins with to run on the server's core."""
        return [] if self.server is None else ["taskset", "-c", str(self.server)]


@dataclass(frozen=True, kw_only=True)
class Load:
    """Percent of one core that each part used; ``others``: programs that have nothing to do with this."""

    parts: Mapping[str, float]

    @classmethod
    def average(cls, loads: Sequence[Load]) -> Load:
        names = dict.fromkeys(name for load in loads for name in load.parts)
        return cls(parts={name: sum(load.parts.get(name, 0) for load in loads) / len(loads) for name in names})

    def told(self) -> str:
        shares = ", ".join(f"{name} {share:.0f}" for name, share in self.parts.items() if share >= 0.5)
        rest = sum(share for name, share in self.parts.items() if name not in ("server", "others"))
        busy = {"server's core": self.parts.get("server", 0) >= BUSY, "the other core": rest >= BUSY}
        limit = "both cores" if all(busy.values()) else next((name for name, is_so in busy.items() if is_so), "waiting")
        return f"{limit} ({shares} %)"


class Watch:
    """CPU shares between two moments. ``parts``: name → process ids, whose descendants count with them."""

    def __init__(self, parts: Mapping[str, Iterable[int]]) -> None:
        self._parts = {name: list(pids) for name, pids in parts.items()}
        self._began, self._before, self._busy = time.monotonic(), self._read(), _busy_of_machine()

    def load(self) -> Load:
        seconds = max(time.monotonic() - self._began, 0.001)
        shares = {name: (ticks - self._before[name]) / TICK / seconds * 100 for name, ticks in self._read().items()}
        busy = (_busy_of_machine() - self._busy) / TICK / seconds * 100
        return Load(parts={**shares, "others": max(0, busy - sum(shares.values()))})

    def _read(self) -> dict[str, int]:
        found = {}
        for name, pids in self._parts.items():
            if name == "generator":  # what it started is counted by its own name
                found[name] = sum(_ticks(pid, with_ended=False) for pid in pids)
            else:
                found[name] = sum(_ticks(pid) for root in pids for pid in family(root))
        return found


def family(pid: int) -> list[int]:
    """A process and its living descendants."""
    found = [pid]
    for each in found:
        try:
            tasks = [task.name for task in Path(f"/proc/{each}/task").iterdir()]
            for task in tasks:
                found += map(int, Path(f"/proc/{each}/task/{task}/children").read_text().split())
        except OSError:
            continue
    return found


def used(pid: int) -> float:
    """Seconds of CPU that a process and its descendants have used so far."""
    return sum(map(_ticks, family(pid))) / TICK


def memory(pids: Iterable[int], field: str = "VmRSS") -> int:
    """Bytes of the largest of the processes: ``VmRSS`` now, ``VmHWM`` at its peak."""
    return max((_memory(pid, field) for pid in pids), default=0)


def allow_many_files() -> int:
    """Raise the limit of open files as far as it goes; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def description() -> str:
    """The machine in neutral words."""
    total = next(
        (int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines() if "MemTotal" in line), 0
    )
    return f"{os.cpu_count()} cores ({platform.machine()}), {total / 1024**2:.0f} GiB, {platform.system()}"


def versions() -> str:
    packages = (
        "Django", "channels", "channels-redis", "djangorestframework", "uvicorn", "uvloop", "httptools", "websockets",
        "daphne", "psycopg", "redis", "orjson",
    )  # fmt: skip
    named = ", ".join(f"{name} {version(name)}" for name in packages)
    servers = {"PostgreSQL": str((installed() or Path()) / "postgres"), "Redis": "redis-server"}
    told = [f"{name} {found}" for name, program in servers.items() if (found := _version_of(program))]
    return (
        f"Python {platform.python_version()}, {named}; {', '.join([*told, f'SQLite {sqlite3.sqlite_version}'])}; "
        f"load by picows {version('picows')}"
    )


def _version_of(program: str) -> str | None:
    """None where it is not installed."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10).stdout
    except OSError:
        return None
    found = re.search(r"\d+(\.\d+)+", said)
    return found and found[0]


def _memory(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def _ticks(pid: int, *, with_ended: bool = True) -> int:
    """CPU time of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11 : 15 if with_ended else 13]))


def _busy_of_machine() -> int:
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return user + nice + system + irq + softirq + steal
