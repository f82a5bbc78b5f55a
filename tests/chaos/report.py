"""What a run has to say for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.deliveries import Spread
from tests.chaos.devices import Device
from tests.chaos.judge import Verdict
from tests.chaos.ledger import Ledger
from tests.chaos.plan import Plan

SHOWN = 5
RED = "RED: promises were broken"


@dataclass
class Report:
    plan: Plan
    ledger: Ledger
    devices: Sequence[Device]
    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter)
    spreads: Mapping[str, Spread] = field(default_factory=dict)
    returns: Spread | None = None
    """After how many seconds each device was back from a planned restart."""
    per_second: float = 0
    """Commits while nothing was broken."""
    seconds: float = 0

    def lines(self) -> list[str]:
        plan, ledger, verdict = self.plan, self.ledger, self.verdict
        seen = [device.seen for device in self.devices]
        closes = sum((each.closes for each in seen), Counter[int]())
        snapshots = sum((each.snapshots for each in seen), Counter[str]())
        figures = {
            "seed": f"{plan.seed}, {plan.seconds:g} s of faults, {self.seconds:.0f} s in all",
            "servers, devices": f"{plan.engines}, {len(seen)} of {len({each.user for each in seen})} users"
            f" ({_counted(Counter(device.kind for device in self.devices))})",
            "commits": f"{ledger.commits:,} acknowledged, {sum(map(len, ledger.rolled_back.values())):,} rolled back,"
            f" {ledger.retried:,} retries of unknown outcomes",
            "announcements": f"{_counted(ledger.announced) or 'none'}; {len(ledger.edited)} corrected,"
            f" {len(ledger.retracted)} taken back",
            **({} if plan.seconds else {"commits a second": f"{self.per_second:.0f}"}),
            "faults": _counted(self.faults) or "none",
            "frames": f"{sum(each.frames for each in seen):,}, {sum(len(each.announced) for each in seen):,} announced,"
            f" snapshots {_counted(snapshots)}, polls {sum(each.polls for each in seen)}",
            "sockets closed": _counted(closes) or "none",
            "lost": len(verdict.lost), "twice": len(verdict.twice), "out of order": len(verdict.disordered),
            "nobody wrote": len(verdict.invented), "stale": len(verdict.stale), "drift": len(verdict.drift),
            "not chained": len(verdict.broken), "1006 on planned drains": len(verdict.cut),
            "left behind": len(verdict.left), "servers without hints": len(verdict.late),
            "other problems": len(verdict.problems),
            **({"back after a restart": self.returns} if self.returns else {}),
            **{f"delivery, {phase}": spread for phase, spread in self.spreads.items()},
        }  # fmt: skip
        width = max(map(len, figures))
        lines = [f"{name:<{width}}  {value}" for name, value in figures.items()]
        for name, broken in verdict.broken_promises.items():
            lines += [f"{name}: {line}" for line in broken[:SHOWN]]
            lines += [f"{name}: and {len(broken) - SHOWN} more"] if len(broken) > SHOWN else []
        return [*lines, RED if verdict.is_red else "GREEN: every promise was kept"]


def _counted(counter: Mapping[object, int] | Counter[int] | Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counter.items(), key=str))
