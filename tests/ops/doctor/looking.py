"""Asking the doctor, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from notifications.ops.doctor import Finding, examine


def only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def silent(done: int, total: int) -> None:
    pass


def look(**how: Any) -> dict[str, list[Finding]]:
    """All findings, by what was looked at."""
    found: dict[str, list[Finding]] = {}
    for finding in examine(**{"tell": silent, **how}):
        found.setdefault(finding.check, []).append(finding)
    return found
