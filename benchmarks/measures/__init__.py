"""The benchmarks by name. Each file has ``TITLE`` and ``measure(trial)``; ``SUBJECTS`` where not both are measured."""

from __future__ import annotations

from types import ModuleType

from . import bounded, bulk, connect, fanout, flat, latency, start, storm, sweep, throughput

ALL: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (latency, throughput, fanout, bulk, connect, storm, sweep, flat, start, bounded)
}


def subjects_of(module: ModuleType) -> tuple[str, ...]:
    """Who takes part."""
    found: tuple[str, ...] = getattr(module, "SUBJECTS", ("baseline", "engine"))
    return found
