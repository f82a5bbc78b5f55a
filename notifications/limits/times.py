"""Moments: RFC 3339 with an offset, kept in UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.core.exceptions import ValidationError

# fromisoformat() reads much more than RFC 3339, and more with each Python: weeks, commas, bare dates, 24:00.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def clean_time(value: object) -> datetime:
    """A moment in UTC, from an RFC 3339 string with offset or an aware datetime."""
    try:
        if isinstance(value, str) and _RFC_3339.fullmatch(value):
            value = datetime.fromisoformat(value.upper())
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February; year 0001 or 9999 on its way to UTC
        pass
    raise ValidationError("Must be an RFC 3339 date and time with an offset.", code="invalid")
