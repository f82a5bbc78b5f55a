"""The simulation of many processes keeps to what can be worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.scaling import Costs, Town, peak, report, restart

TOWN = Town(users=100_000, per_day=86.4, peak=10, online=1, devices=1, processes=10, seconds=5)
COSTS = Costs(create=500, hint=100, push=50, sweep=0)


def test_the_busy_time_is_the_sum_of_the_costs() -> None:
    found = peak(TOWN, COSTS)
    assert found.creates == pytest.approx(1000)
    assert found.per_hint == 1
    assert found.busiest == pytest.approx(1000 * 650 / 1e6 / 10, rel=0.2)
    assert 150e-6 <= found.delay_p99 < 5e-3


def test_the_sweep_takes_its_part() -> None:
    swept = Costs(create=500, hint=100, push=50, sweep=20)
    assert peak(TOWN, swept).busiest - peak(TOWN, COSTS).busiest > 0.2


def test_too_much_for_the_processes_shows_as_delay() -> None:
    few = Town(users=100_000, per_day=86.4, peak=100, online=1, devices=1, processes=4, seconds=2)
    assert peak(few, COSTS).busiest > 1
    assert peak(few, COSTS).delay_p99 > 0.5


def test_nobody_online_is_told_nothing() -> None:
    assert peak(Town(users=1000, online=0, per_day=86.4), COSTS).per_hint == 0


def test_a_restart_takes_as_long_as_the_others_need() -> None:
    assert restart(TOWN, Costs(connect=1000), within=15) == pytest.approx(15, rel=0.05)
    assert restart(TOWN, Costs(connect=18_000), within=15) == pytest.approx(10_000 * 0.018 / 9, rel=0.1)


def test_the_report_is_for_people() -> None:
    assert "busiest process" in report(TOWN, COSTS)
