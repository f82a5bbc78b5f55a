"""Showing how far long work is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil

from django.core.management.base import OutputWrapper

WIDTH = 24


class Progress:
    """``total`` steps, or None when nobody knows: then there are only lines."""

    def __init__(self, out: OutputWrapper, total: int | None) -> None:
        self._out, self._total, self._done = out, total, 0
        self._has_bar = total is not None and out.isatty()

    def step(self, line: str) -> None:
        """One more is done; ``line`` says what."""
        self._done += 1
        if self._total is None or not self._has_bar:
            self._out.write(line)
        else:
            filled = WIDTH * self._done // self._total
            bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {self._done}/{self._total} {line}"
            columns = shutil.get_terminal_size().columns - 1
            self._out.write(f"\r{bar[:columns]:<{columns}}", ending="")
        self._out.flush()

    def finish(self) -> None:
        """Leave the bar's line."""
        if self._has_bar and self._done:
            self._out.write("")
