"""A run in a process of its own, which is given the time to end everything it began."""

from __future__ import annotations

import subprocess
import sys

from tests.service import ROOT

END_SECONDS = 60


def run_apart(*flags: str, seconds: float, environment: dict[str, str] | None = None) -> tuple[int, str, str]:
    """``python -m tests.chaos`` with these flags: its exit status, output and errors. TimeoutExpired after so long."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos", *flags],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        output, errors = process.communicate(timeout=seconds)
    except BaseException:  # Ctrl-C, too
        process.terminate()
        process.communicate(timeout=END_SECONDS)
        raise
    return process.returncode, output, errors
