"""Running a transaction again that the database aborted for the sake of another."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import wraps
from traceback import walk_tb
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from .inbox import Inbox

Params = ParamSpec("Params")
Result = TypeVar("Result")

ABORTED = {"40001", "40P01"}
"""PostgreSQL's serialization_failure and deadlock_detected: nothing was done, and doing it again is the cure."""
BUSY = 5
"""SQLite's primary code of a lock that was not had within its time-out: it is not fair to those who wait."""
COMMIT_HOOKS = BaseDatabaseWrapper.run_and_clear_commit_hooks.__code__
"""Where Django calls them."""
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)
"""Seconds at most before each further attempt; at random, so that two rivals do not meet again."""


def retried(work: Callable[Params, Result]) -> Callable[Params, Result]:
    """Try up to six times what is one transaction; within a caller's transaction, which is lost, only once."""

    @wraps(work)
    def run(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        for pause in PAUSES:
            try:
                return work(*args, **kwargs)
            except OperationalError as problem:
                is_inner = connections[router.db_for_write(Inbox)].in_atomic_block
                if is_inner or not is_aborted(problem):
                    raise
            time.sleep(random.uniform(0, pause))
        return work(*args, **kwargs)

    return run


def is_aborted(problem: Exception) -> bool:
    """Whether the database undid our transaction for the sake of another."""
    if is_after_commit(problem):
        return False
    cause = problem.__cause__
    return getattr(cause, "sqlstate", None) in ABORTED or getattr(cause, "sqlite_errorcode", 0) & 0xFF == BUSY


def is_after_commit(problem: Exception) -> bool:
    """Whether a hook of ``transaction.on_commit`` raised it: what is wrong is the hook's, and the work is committed.

    Django calls hooks within the end of the ``atomic`` block, so only the traceback tells. A project's hook that does
    not get a lock of its own raises what an aborted transaction raises.
    """
    return any(frame.f_code is COMMIT_HOOKS for frame, _line in walk_tb(problem.__traceback__))
