"""Times as they travel: one spelling for each moment."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from notifications.wire.notification import time_to_wire


def test_a_time_is_utc_with_microseconds_and_z() -> None:
    assert time_to_wire(datetime(2026, 11, 30, 1, 2, 3, tzinfo=UTC)) == "2026-11-30T01:02:03.000000Z"
    assert time_to_wire(None) is None


def test_an_hour_that_comes_twice_in_its_zone_is_two_moments() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    second = first.replace(fold=1)
    assert first == second, "which is why they must not be remembered as they are"
    assert [time_to_wire(first), time_to_wire(second)] == [
        "2026-10-25T00:30:00.000000Z", "2026-10-25T01:30:00.000000Z"
    ]  # fmt: skip
