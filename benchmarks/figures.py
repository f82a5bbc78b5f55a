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
    server: str = "uvicorn"
    rows: int | None = None
    """How many the table held, where that is what is asked."""
    load: Load | None = None

    @property
    def title(self) -> str:
        return titled(self.name, self.rows)


@dataclass(kw_only=True)
class Outcome:
    """One figure over all runs, for each subject."""

    benchmark: str
    name: str
    place: str
    unit: str
    server: str
    rows: int | None
    values: dict[str, list[float]] = field(default_factory=dict)
    loads: dict[str, list[Load]] = field(default_factory=dict)

    def median(self, subject: str) -> float | None:
        values = self.values.get(subject)
        return median(values) if values else None

    def ratios(self, ours: str = "engine", theirs: str = "baseline") -> list[float]:
        """How many times better one subject is than another, run by run: a slow quarter of an hour met both."""
        return self._better(self.values.get(ours, ()), self.values.get(theirs, ()))

    def growth(self, smaller: Outcome, subject: str) -> list[float]:
        """How many times dearer it is here than with the smaller table, run by run."""
        return self._better(smaller.values.get(subject, ()), self.values.get(subject, ()))

    def _better(self, ones: Sequence[float], others: Sequence[float]) -> list[float]:
        pairs = [(one, other) for one, other in zip(ones, others, strict=False) if one and other]
        return [one / other if self.unit.endswith("/s") else other / one for one, other in pairs]

    @property
    def runs(self) -> int:
        return max(map(len, self.values.values()))

    @property
    def title(self) -> str:
        return titled(self.name, self.rows)

    def limit(self, subject: str) -> str:
        """What was busy while it was measured, over all runs."""
        loads = self.loads.get(subject)
        return Load.average(loads).told() if loads else ""


def titled(name: str, rows: int | None) -> str:
    return name if rows is None else f"{name}, {rows:,} rows"


def gather(figures: Sequence[Figure]) -> list[Outcome]:
    """The outcomes, in the order in which their first figures came."""
    found: dict[tuple[object, ...], Outcome] = {}
    for figure in figures:
        shared = {each: getattr(figure, each) for each in ("benchmark", "place", "server", "name", "rows", "unit")}
        key = tuple(shared.values())
        if key not in found:
            found[key] = Outcome(**shared)
        found[key].values.setdefault(figure.subject, []).append(figure.value)
        if figure.load is not None:
            found[key].loads.setdefault(figure.subject, []).append(figure.load)
    return list(found.values())


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
