"""One field tried in a notification that is otherwise right."""

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.limits import clean_fields

SAFE = 2**53 - 1
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINIMAL = {"user_id": 123, "title": "Hello", "identifier": "MESSAGE"}


class Word(str, Enum):  # noqa: UP042 - the old idiom, whose str() is "Word.HIGH"
    HIGH = "high"


def clean(field: str, value: object) -> Any:
    return clean_fields({**MINIMAL, field: value}, now=NOW)[field]


def codes(values: dict[str, object]) -> dict[str, list[str | None]]:
    with pytest.raises(ValidationError) as caught:
        clean_fields(values, now=NOW)
    return {field: [error.code for error in errors] for field, errors in caught.value.error_dict.items()}
