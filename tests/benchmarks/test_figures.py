"""Figures of many runs: medians, how subjects compare, what was the limit, the page they stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.figures import Figure, Outcome, gather, percentile
from benchmarks.machine import Load
from benchmarks.page import write
from benchmarks.tables import printed


def outcome(
    unit: str, *, rows: int | None = None, server: str = "uvicorn", load: Load | None = None, **subjects: list[float]
) -> Outcome:
    figures = [
        Figure(
            benchmark="latency", name="it", place="SQLite", server=server, rows=rows, subject=subject, value=value,
            unit=unit, load=load,
        )
        for subject, values in subjects.items()
        for value in values
    ]  # fmt: skip
    (found,) = gather(figures)
    return found


def test_subjects_are_compared_run_by_run() -> None:
    slow_at_last = outcome("ms", engine=[1, 2, 90], baseline=[10, 30, 900])
    assert slow_at_last.ratios() == [10, 15, 10]
    assert "10 × (10–15)" in printed([slow_at_last])


def test_a_run_that_one_of_them_did_not_finish_is_compared_with_nothing() -> None:
    assert outcome("ms", engine=[1, 2], baseline=[10]).ratios() == [10]
    assert outcome("1/s", engine=[10, 20], baseline=[0, 10]).ratios() == [2]


def test_of_a_rate_more_is_better_and_of_a_time_less() -> None:
    assert outcome("1/s", engine=[200], baseline=[100]).ratios() == [2]
    assert outcome("ms", engine=[200], baseline=[100]).ratios() == [0.5]


def test_without_a_baseline_there_is_no_ratio() -> None:
    assert outcome("ms", engine=[1]).ratios() == []


def test_the_engine_is_also_told_as_a_share_of_the_database() -> None:
    assert outcome("1/s", engine=[200], database=[400]).ratios("engine", "database") == [0.5]


def test_growth_is_what_it_costs_more() -> None:
    assert outcome("ms", rows=100, engine=[30]).growth(outcome("ms", rows=10, engine=[10]), "engine") == [3]
    assert outcome("1/s", rows=100, engine=[10]).growth(outcome("1/s", rows=10, engine=[30]), "engine") == [3]


def test_the_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([5, 1, 4, 2, 3], 50) == 3
    assert percentile(range(1, 101), 99) == 100
    assert percentile([7], 100) == 7


@pytest.mark.parametrize(
    ("parts", "limit"),
    [
        ({"server": 97, "generator": 20, "others": 3}, "server's core"),
        ({"server": 50, "generator": 20, "database": 70}, "the other core"),
        ({"server": 97, "generator": 92}, "both cores"),
        ({"server": 50, "generator": 20, "others": 90}, "waiting"),
    ],
)
def test_a_busy_core_is_called_the_limit(parts: dict[str, float], limit: str) -> None:
    assert Load(parts=parts).told().startswith(f"{limit} (server")


def test_a_table_shows_median_spread_and_ratio() -> None:
    table = printed([outcome("1/s", engine=[1000, 1200, 1100], baseline=[100, 110, 120])])
    assert "1,100 1/s (1,000–1,200)" in table
    assert "10 × (9.2–11)" in table


def test_a_table_has_no_columns_of_who_was_not_there() -> None:
    assert "baseline" not in printed([outcome("ms", engine=[1])])


def test_what_is_measured_at_several_sizes_is_also_told_as_growth() -> None:
    table = printed([outcome("ms", rows=10, engine=[10, 10]), outcome("ms", rows=1000, engine=[12, 12])])
    assert "it, 1,000 rows" in table
    assert "cost at 1,000 ÷ at 10 rows" in table
    assert "1.2 ×" in table


def test_writing_a_page_again_replaces_the_tables_and_keeps_the_words(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Words\n\n<!-- latency: begin -->\n<!-- latency: end -->\n\nMore words.\n")
    for value in (77, 1):
        write(page, [outcome("ms", engine=[value], baseline=[2])], command="python -m benchmarks latency")
    text = page.read_text()
    assert "77 ms" not in text
    assert "| it | 1 ms | 2 ms | 2 × |" in text
    assert text.index("latency: end") < text.index("More words.")


def test_a_page_keeps_the_tables_of_both_servers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Words\n")
    for server, value in (("uvicorn", 1), ("daphne", 2), ("uvicorn", 3)):
        write(page, [outcome("ms", server=server, engine=[value])], command=f"--server {server}")
    text = page.read_text()
    assert [line for line in text.splitlines() if line.startswith("| it")] == ["| it | 3 ms |  |", "| it | 2 ms |  |"]
    assert [line.rpartition(", ")[2] for line in text.splitlines() if line.startswith("###")] == ["Uvicorn", "Daphne"]


def test_a_page_says_how_its_tables_were_made(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("")
    write(page, [outcome("ms", engine=[1, 2, 3])], command="python -m benchmarks latency --runs 3")
    assert "`python -m benchmarks latency --runs 3` · medians of 3 runs · " in page.read_text()
