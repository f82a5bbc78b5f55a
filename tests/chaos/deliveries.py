"""How long changes took from their commit, by PostgreSQL's own clock of it, to the sockets of devices."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.devices import Seen
from tests.chaos.faults import Phases

COMMITS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT user_id, seq, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8 "
                   "FROM notifications_notification WHERE pg_xact_commit_timestamp(xmin) IS NOT NULL")
    result = cursor.fetchall()
"""


@dataclass(frozen=True)
class Spread:
    """Of seconds: how many, and p50, p99, the longest."""

    count: int
    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        ordered = sorted(seconds)
        if not ordered:
            return cls(0, 0, 0, 0)
        last = len(ordered) - 1
        return cls(len(ordered), ordered[last // 2], ordered[round(last * 0.99)], ordered[-1])

    def __str__(self) -> str:
        if not self.count:
            return "none"
        return (
            f"p50 {self.p50 * 1000:.0f} ms, p99 {self.p99 * 1000:.0f} ms, max {self.longest * 1000:.0f} ms"
            f" of {self.count:,}"
        )


def per_second(commits: Sequence[tuple[str, int, float]], window: tuple[float, float]) -> float:
    """Changes committed in a phase."""
    start, end = window
    return sum(start <= moment < end for _, _, moment in commits) / (end - start)


def measured(
    commits: Sequence[tuple[str, int, float]], devices: Iterable[Seen], phases: Phases
) -> tuple[dict[str, Spread], dict[tuple[str, str], Spread]]:
    """By phase, and by phase and server: each change that a device was sent on a socket that was open at its commit."""
    by_user: Mapping[str, list[tuple[int, float]]] = defaultdict(list)
    for user, seq, moment in commits:
        by_user[user].append((seq, moment))
    by_phase: dict[str, list[float]] = defaultdict(list)
    by_engine: dict[tuple[str, str], list[float]] = defaultdict(list)
    for seen in devices:
        arrivals = sorted(seen.arrivals, key=lambda arrival: arrival.to)
        ends = [arrival.to for arrival in arrivals]
        for seq, moment in by_user[seen.user]:
            index = bisect_left(ends, seq)
            if index == len(ends):
                continue
            arrival = arrivals[index]
            phase = phases.at(moment)
            if phase is not None and arrival.start < seq and 0 < arrival.since < moment:
                by_phase[phase].append(arrival.at - moment)
                by_engine[phase, arrival.engine].append(arrival.at - moment)
    return (
        {phase: Spread.of(found) for phase, found in by_phase.items()},
        {key: Spread.of(found) for key, found in by_engine.items()},
    )
