"""When a notification may expire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.core.exceptions import ValidationError

from notifications.limits import clean_fields

from .trial import MINIMAL, NOW, clean, codes


@pytest.mark.parametrize(
    ("given_time", "kept"),
    [
        ("2026-11-22T10:00:01Z", NOW + timedelta(seconds=1)),
        ("2026-11-22t10:00:01z", NOW + timedelta(seconds=1)),
        ("2026-11-22T10:00:00.000001Z", NOW + timedelta(microseconds=1)),
        ("2026-11-22T10:00:00.0000019Z", NOW + timedelta(microseconds=1)),
        ("2026-11-22T10:00:00.5+00:00", NOW + timedelta(milliseconds=500)),
        ("2026-11-22T10:00:01.123456789-00:00", NOW + timedelta(seconds=1, microseconds=123456)),
        ("2026-11-22T09:30:00-05:30", NOW + timedelta(hours=5)),
        ("2026-11-23T00:00:00+02:00", NOW + timedelta(hours=12)),
        ("2026-11-22T10:00:00-23:59", NOW + timedelta(hours=23, minutes=59)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
        (datetime(2026, 11, 22, 13, tzinfo=timezone(timedelta(hours=2))), NOW + timedelta(hours=1)),
    ],
)
def test_an_expiry_becomes_utc(given_time: object, kept: datetime) -> None:
    assert clean("expires_at", given_time) == kept
    assert clean("expires_at", given_time).tzinfo is UTC


@pytest.mark.parametrize(
    "refused",
    [
        *("", "2026-11-22", "2026-11-23T10:00:00", "2026-11-23 10:00:00Z", "2026-11-23T10:00Z", "20261123T100000Z"),
        *("2026-11-23T10:00:00.Z", "2026-11-23T10:00:00.1234567890Z", "2026-11-23T10:00:00,5Z", "2026-W48-1T10:00:00Z"),
        *("2026-11-23T10:00:00+0200", "2026-11-23T10:00:00+02", "2026-11-23T10:00:00+24:00"),
        *("2026-11-23T10:00:00+01:60", "2026-11-23T10:00:00+02:00:00"),
        *("2026-12-31T23:59:60Z", "2026-11-23T24:00:00Z", "2026-11-23T10:60:00Z", "2027-02-29T10:00:00Z"),
        *("2026-00-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        *("2026-11-23T10:00:00Z\n", " 2026-11-23T10:00:00Z", "\u0662026-11-23T10:00:00Z", "12026-11-23T10:00:00Z"),
        *(datetime(2026, 11, 23), NOW.date(), datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))),
        *("2026-11-22T10:00:00Z", "2026-11-22T09:59:59Z", "2026-11-22T11:00:00+02:00", "1970-01-01T00:00:00Z", NOW),
    ],
)
def test_an_expiry_that_is_no_future_moment_is_refused(refused: object) -> None:
    assert codes({**MINIMAL, "expires_at": refused}) == {"expires_at": ["invalid"]}


def test_an_expiry_is_compared_with_the_clock_by_default() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert clean_fields({**MINIMAL, "expires_at": soon})["expires_at"] == soon
    with pytest.raises(ValidationError):
        clean_fields({**MINIMAL, "expires_at": soon - timedelta(minutes=2)})
