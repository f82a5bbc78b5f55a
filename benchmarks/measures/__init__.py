"""The benchmarks by name. Each file has ``TITLE`` and ``measure(trial)``; ``SUBJECTS`` unless engine and baseline.

One that has ``measure_in_turn(trials)`` instead gets those of all subjects at once.
"""

from __future__ import annotations

from types import ModuleType

from . import (
    announcement,
    bounded,
    bulk,
    bursts,
    connect,
    fanout,
    flat,
    latency,
    start,
    storm,
    sweep,
    throughput,
    topic,
)

_IN_ORDER = (
    latency, throughput, bursts, fanout, bulk, topic, announcement, connect, storm, sweep, flat, start, bounded,
)  # fmt: skip
ALL: dict[str, ModuleType] = {module.__name__.rpartition(".")[2]: module for module in _IN_ORDER}


def subjects_of(module: ModuleType) -> tuple[str, ...]:
    """Who takes part."""
    found: tuple[str, ...] = getattr(module, "SUBJECTS", ("baseline", "engine"))
    return found
