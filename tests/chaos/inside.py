"""The rig's foot in each process of the engine: hints that are suppressed, a mutant, and answers about what is open."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from django.apps import AppConfig


class Inside(AppConfig):
    """``CHAOS_CONTROL``: the path, without the pid, of the socket it listens on; ``CHAOS_MUTANT``: what is broken.

    ``CHAOS_PART``: the recipients of one part of a list.
    """

    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from notifications.actions import notify
        from tests.chaos import dying, mutants

        if part := os.environ.get("CHAOS_PART"):
            notify.CHUNK = int(part)
        if mutant := os.environ.get("CHAOS_MUTANT"):
            mutants.apply(mutant)
        _suppress_hints()
        _count_sessions()
        dying.watch()
        if path := os.environ.get("CHAOS_CONTROL"):
            threading.Thread(target=_listen, args=[f"{path}.{os.getpid()}"], daemon=True).start()


_suppressed = 0.0


def _suppress_hints() -> None:
    from notifications.realtime import broadcast

    tell = broadcast.tell

    def tell_some(changes: Sequence[Any]) -> None:
        tell([change for change in changes if random.random() >= _suppressed])

    broadcast.tell = tell_some


_sessions: WeakSet[Any] = WeakSet()


def _count_sessions() -> None:
    from notifications.realtime.session import Session

    begin = Session.__init__

    def begin_and_count(self: Session, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        _sessions.add(self)

    Session.__init__ = begin_and_count


def _listen(path: str) -> None:
    Path(path).unlink(missing_ok=True)  # of a process that was killed
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(8)
        while True:
            caller, _ = listener.accept()
            with suppress(OSError), caller, caller.makefile("rw") as lines:
                lines.write(json.dumps(_obey(**json.loads(lines.readline()))) + "\n")


def _obey(*, suppress: float | None = None, die: str | None = None) -> dict[str, int]:
    from tests.chaos import dying

    global _suppressed
    if die is not None:
        dying.arm(die)
    if suppress is not None:
        _suppressed = suppress
    return _left()


def _left() -> dict[str, int]:
    """What this process holds now. ``sessions`` counts the objects, not what the hub believes."""
    from notifications.realtime import hub, tasks

    gc.collect()
    hubs = list(hub._hubs.values())
    return {
        "pid": os.getpid(),
        "sockets": sum(each.count for each in hubs),
        "users": sum(len(each.sessions) for each in hubs),
        "hub_tasks": sum(len(each._tasks) for each in hubs),
        "kept_tasks": len(tasks._running),
        "tasks": sum(_tasks_of(each.loop) for each in hubs),
        "sessions": len(_sessions),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
    }


def _tasks_of(loop: asyncio.AbstractEventLoop) -> int:
    for _ in range(5):
        try:
            return len(asyncio.all_tasks(loop))
        except RuntimeError:  # the set changed while another thread walked it
            continue
    return -1


async def ask(path: Path, **command: object) -> dict[str, int]:
    """The rig's end: tell a process something, and hear what it holds. OSError when it is not there."""
    async with asyncio.timeout(3):
        reader, writer = await asyncio.open_unix_connection(str(path))
        try:
            writer.write(json.dumps(command).encode() + b"\n")
            answer: dict[str, int] = json.loads(await reader.readline())
        except ValueError as problem:
            raise OSError("it went away") from problem
        finally:
            writer.close()
    return answer
