"""Ending quietly when whoever read our output has had enough: ``manage.py mock_events | head -2``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_without_a_reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Python must not try to flush it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
