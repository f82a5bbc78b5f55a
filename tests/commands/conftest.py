"""Running a command within the test, and its output."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run() -> Callable[..., list[str]]:
    """The lines a command prints: ``run("notify", "123", "Title")``."""

    def run(*command: Any, out: StringIO | None = None, **options: Any) -> list[str]:
        out = StringIO() if out is None else out
        call_command(*command, stdout=out, no_color=True, **options)
        return out.getvalue().splitlines()

    return run
