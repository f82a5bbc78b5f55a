"""What every string has to pass, whatever it stands for."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError


def clean_filled_text(value: object, maximum: int) -> str:
    text = clean_text(value)
    if not text:
        raise ValidationError("Must not be blank.", code="blank")
    check_length(text, maximum)
    return text


def clean_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError("Must be a string.", code="invalid")
    return str.__str__(value)  # a plain one: str() of a string enum would be its name


def check_length(text: str, maximum: int) -> None:
    if len(text) > maximum:
        raise ValidationError(f"At most {maximum} characters.", code="max_length")


_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether a database takes it: no NUL, and no surrogate, which in a str is always a lone one."""
    return _NOT_STORABLE.search(text) is None
