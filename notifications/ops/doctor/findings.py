"""What a look at one thing says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``check``: what was looked at; ``fix``: what to do, for all that is not ok."""

    check: str
    level: Level
    detail: str
    fix: str = ""


Check = Callable[[], Iterable[Finding]]


def ok(check: str, detail: str) -> Finding:
    return Finding(check=check, level=Level.OK, detail=detail)


def warning(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, level=Level.WARNING, detail=detail, fix=fix)


def problem(check: str, detail: str, *, fix: str) -> Finding:
    return Finding(check=check, level=Level.PROBLEM, detail=detail, fix=fix)
