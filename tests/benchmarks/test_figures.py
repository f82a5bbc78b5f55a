"""Figures of many runs: medians, the ratio to the baseline, what was the limit, the page they stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures import Figure, Outcome, gather, percentile
from benchmarks.machine import Load
from benchmarks.page import write
from benchmarks.tables import printed


def outcome(unit: str, *, engine: list[float], baseline: list[float], load: Load | None = None) -> Outcome:
    figures = [
        Figure(benchmark="latency", name="it", place="SQLite", subject=subject, value=value, unit=unit, load=load)
        for subject, values in (("engine", engine), ("baseline", baseline))
        for value in values
    ]
    (found,) = gather(figures)
    return found


def test_the_median_of_the_runs_counts() -> None:
    assert outcome("ms", engine=[1, 2, 90], baseline=[10, 20, 30]).ratio == 10


def test_of_a_rate_more_is_better_and_of_a_time_less() -> None:
    assert outcome("1/s", engine=[200], baseline=[100]).ratio == 2
    assert outcome("ms", engine=[200], baseline=[100]).ratio == 0.5


def test_without_a_baseline_there_is_no_ratio() -> None:
    assert outcome("ms", engine=[1], baseline=[]).ratio is None


def test_the_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(range(1, 101), 99) == 100
    assert percentile([7], 100) == 7


@pytest.mark.parametrize(
    ("parts", "limit"),
    [
        ({"server": 97, "generator": 20, "others": 3}, "server's core"),
        ({"server": 50, "generator": 20, "database": 70}, "the other core"),
        ({"server": 50, "generator": 20, "others": 90}, "waiting"),
    ],
)
def test_a_busy_core_is_called_the_limit(parts: dict[str, float], limit: str) -> None:
    assert Load(parts=parts).told().startswith(f"{limit} (server")


def test_a_table_shows_median_spread_and_ratio() -> None:
    table = printed([outcome("1/s", engine=[1000, 1200, 1100], baseline=[100, 110, 120])])
    assert "1,100 1/s (1,000–1,200)" in table
    assert "10 ×" in table


def test_writing_a_page_again_replaces_the_tables_and_keeps_the_words(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Words\n\n<!-- latency: begin -->\nold\n<!-- latency: end -->\n\nMore words.\n")
    write(page, [outcome("ms", engine=[1], baseline=[2])], command="python -m benchmarks latency", server="uvicorn")
    text = page.read_text()
    assert "old" not in text
    assert "| it | 1 ms | 2 ms | 2 × |" in text
    assert text.index("latency: end") < text.index("More words.")
