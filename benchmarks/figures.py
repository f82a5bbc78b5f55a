"""What was measured: figures of single runs, and what several runs come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from .machine import Load


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number of one run. ``unit`` ending in ``/s`` is a rate: more is better; of anything else less is."""

    benchmark: str
    name: str
    place: str
    subject: str
    value: float
    unit: str
    load: Load | None = None


@dataclass(kw_only=True)
class Outcome:
    """One figure over all runs, for each subject."""

    benchmark: str
    name: str
    place: str
    unit: str
    values: dict[str, list[float]] = field(default_factory=dict)
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def median(self, subject: str) -> float | None:
        values = self.values.get(subject)
        return median(values) if values else None

    @property
    def ratio(self) -> float | None:
        """How many times better than the baseline the engine is."""
        ours, theirs = self.median("engine"), self.median("baseline")
        if not ours or not theirs:
            return None
        return ours / theirs if self.unit.endswith("/s") else theirs / ours

    def limit(self, subject: str) -> str:
        """What was busy while it was measured, over all runs."""
        loads = self.loads.get(subject)
        return Load.average(loads).told() if loads else ""


def gather(figures: Sequence[Figure]) -> list[Outcome]:
    """The outcomes, in the order in which their first figures came."""
    found: dict[tuple[str, str, str], Outcome] = {}
    for figure in figures:
        key = figure.benchmark, figure.place, figure.name
        if key not in found:
            found[key] = Outcome(benchmark=figure.benchmark, name=figure.name, place=figure.place, unit=figure.unit)
        found[key].values.setdefault(figure.subject, []).append(figure.value)
        if figure.load is not None:
            found[key].loads.setdefault(figure.subject, []).append(figure.load)
    return list(found.values())


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
