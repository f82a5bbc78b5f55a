"""Outcomes as tables: plain ones for the terminal, Markdown for the page."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from . import measures
from .figures import Outcome

SUBJECTS = ("engine", "engine-viewset", "baseline", "database", "server")
RATIOS = (
    ("engine", "baseline"), ("engine-viewset", "baseline"), ("engine", "database"), ("engine", "server"),
)  # fmt: skip
"""How many times better the first is than the second."""

Table = list[tuple[str, ...]]


def printed(outcomes: Sequence[Outcome]) -> str:
    """The tables of each benchmark in each place."""
    blocks = []
    for title, some in grouped(outcomes).items():
        blocks += [f"\n{title}", "-" * len(title), *("\n".join(_aligned(table)) + "\n" for table in _tables(some))]
    return "\n".join(blocks)


def markdown(outcomes: Sequence[Outcome]) -> str:
    """The tables of one benchmark in one place."""
    return "\n\n".join("\n".join(_piped(table)) for table in _tables(outcomes))


def grouped(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    """By the title of their tables, which names the benchmark, the place and the server."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        about = f"{outcome.benchmark}: {measures.ALL[outcome.benchmark].TITLE}"
        groups.setdefault(f"{about} — {outcome.place}, {outcome.server.capitalize()}", []).append(outcome)
    return {title: sorted(some, key=lambda outcome: outcome.rows or 0) for title, some in groups.items()}


def _tables(outcomes: Sequence[Outcome]) -> list[Table]:
    found = {subject for outcome in outcomes for subject in outcome.values}
    subjects = [subject for subject in SUBJECTS if subject in found]
    growth = _growth(outcomes, subjects)
    return [_figures(outcomes, subjects), *([growth] if len(growth) > 1 else [])]


def _figures(outcomes: Sequence[Outcome], subjects: Sequence[str]) -> Table:
    """Columns of nobody who was not there."""
    ratios = [(ours, theirs) for ours, theirs in RATIOS if ours in subjects and theirs in subjects]
    head = (
        "figure",
        *subjects,
        *(f"{ours} to {theirs}" for ours, theirs in ratios),
        *(f"{subject} limited by (CPU)" for subject in subjects),
    )
    rows = [
        (
            outcome.title,
            *(_told(outcome, subject) for subject in subjects),
            *(_times(outcome.ratios(ours, theirs)) for ours, theirs in ratios),
            *(outcome.limit(subject) for subject in subjects),
        )
        for outcome in outcomes
    ]
    return [head, *rows]


def _growth(outcomes: Sequence[Outcome], subjects: Sequence[str]) -> Table:
    """How many times dearer each figure is with the largest table than with the smallest."""
    sizes = sorted({outcome.rows for outcome in outcomes if outcome.rows is not None})
    if len(sizes) < 2:
        return []
    smallest = {outcome.name: outcome for outcome in outcomes if outcome.rows == sizes[0]}
    rows = [
        (outcome.name, *(_times(outcome.growth(smallest[outcome.name], subject)) for subject in subjects))
        for outcome in outcomes
        if outcome.rows == sizes[-1] and outcome.name in smallest
    ]
    return [(f"cost at {sizes[-1]:,} ÷ at {sizes[0]:,} rows", *subjects), *rows]


def _aligned(table: Table) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _piped(table: Table) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [table[0], ("---",) * len(table[0]), *table[1:]]]


def _told(outcome: Outcome, subject: str) -> str:
    """The median, and in brackets the least and the most."""
    values = outcome.values.get(subject)
    middle = outcome.median(subject)
    if not values or middle is None:
        return ""
    spread = f" ({_short(min(values))}–{_short(max(values))})" if len(values) > 1 else ""
    return f"{_short(middle)} {outcome.unit}{spread}"


def _times(ratios: Sequence[float]) -> str:
    """The median, and in brackets the least and the most."""
    if not ratios:
        return ""
    spread = f" ({_factor(min(ratios))}–{_factor(max(ratios))})" if len(ratios) > 1 else ""
    return f"{_factor(median(ratios))} ×{spread}"


def _factor(ratio: float) -> str:
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
