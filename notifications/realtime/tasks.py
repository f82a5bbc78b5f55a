"""Background work nobody waits for."""

from __future__ import annotations

import asyncio
from typing import Any

_running: set[asyncio.Future[Any]] = set()


def keep(task: asyncio.Future[Any]) -> None:
    """Hold a task until it is done: the event loop itself holds it weakly."""
    _running.add(task)
    task.add_done_callback(_running.discard)
