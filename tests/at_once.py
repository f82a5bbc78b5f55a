"""Running functions at the same moment, each in a thread with a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

Result = TypeVar("Result")


def at_once(functions: Sequence[Callable[[], Result]]) -> list[Result]:
    """Their results, in order; the first exception is raised."""
    start = Barrier(len(functions))

    def run(function: Callable[[], Result]) -> Result:
        start.wait(timeout=10)
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions, timeout=60))
