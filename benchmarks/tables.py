"""Outcomes as tables: plain ones for the terminal, Markdown for the page."""

from __future__ import annotations

from collections.abc import Sequence

from . import measures
from .figures import Outcome

HEAD = ("figure", "engine", "baseline", "ratio", "engine limited by (CPU)", "baseline limited by (CPU)")


def printed(outcomes: Sequence[Outcome]) -> str:
    """One table for each benchmark and place."""
    blocks = []
    for title, some in _groups(outcomes):
        rows = [HEAD, *map(_row, some)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        blocks.append("\n".join([f"\n{title}", "-" * len(title), *lines]))
    return "\n".join(blocks)


def markdown(outcomes: Sequence[Outcome]) -> str:
    blocks = []
    for title, some in _groups(outcomes):
        rows = [HEAD, ("---",) * len(HEAD), *map(_row, some)]
        blocks.append("\n".join([f"### {title}", "", *(f"| {' | '.join(row)} |" for row in rows)]))
    return "\n\n".join(blocks)


def _groups(outcomes: Sequence[Outcome]) -> list[tuple[str, list[Outcome]]]:
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.benchmark, outcome.place), []).append(outcome)
    return [
        (f"{name}: {measures.ALL[name].TITLE} — {place}", some) for (name, place), some in groups.items()
    ]  # fmt: skip


def _row(outcome: Outcome) -> tuple[str, ...]:
    ratio = outcome.ratio
    return (
        outcome.name,
        _told(outcome, "engine"),
        _told(outcome, "baseline"),
        "" if ratio is None else f"{ratio:.2g} ×" if ratio < 10 else f"{ratio:.0f} ×",
        outcome.limit("engine"),
        outcome.limit("baseline"),
    )


def _told(outcome: Outcome, subject: str) -> str:
    """The median, and in brackets the least and the most."""
    values = outcome.values.get(subject)
    middle = outcome.median(subject)
    if not values or middle is None:
        return ""
    spread = f" ({_short(min(values))}–{_short(max(values))})" if len(values) > 1 else ""
    return f"{_short(middle)} {outcome.unit}{spread}"


def _short(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
