"""The benchmarks by name. Each file has ``TITLE`` and ``measure(trial)``; ``SUBJECTS`` unless engine and baseline."""

from __future__ import annotations

from types import ModuleType

from . import announcement, bounded, bulk, connect, fanout, flat, latency, start, storm, sweep, throughput, topic

ALL: dict[str, ModuleType] = {
    module.__name__.rpartition(".")[2]: module
    for module in (latency, throughput, fanout, bulk, topic, announcement, connect, storm, sweep, flat, start, bounded)
}


def subjects_of(module: ModuleType) -> tuple[str, ...]:
    """Who takes part."""
    found: tuple[str, ...] = getattr(module, "SUBJECTS", ("baseline", "engine"))
    return found
