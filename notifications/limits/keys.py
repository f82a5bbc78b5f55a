"""The keys that a sender makes up: visible ASCII."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from .numbers import DEDUPE_KEY_MAX, IDEMPOTENCY_KEY_MAX
from .strings import clean_filled_text


def clean_dedupe_key(value: object) -> str:
    return _clean_visible_ascii(value, DEDUPE_KEY_MAX)


def clean_idempotency_key(value: str) -> str:
    """The value of an ``Idempotency-Key`` header: 1 to 255 visible ASCII characters."""
    return _clean_visible_ascii(value, IDEMPOTENCY_KEY_MAX)


_VISIBLE_ASCII = re.compile(r"[!-~]+")


def is_visible_ascii(text: str) -> bool:
    """Whether the text is one or more of U+0021 … U+007E."""
    return _VISIBLE_ASCII.fullmatch(text) is not None


def _clean_visible_ascii(value: object, maximum: int) -> str:
    text = clean_filled_text(value, maximum)
    if not is_visible_ascii(text):
        raise ValidationError("Must be visible ASCII characters.", code="invalid")
    return text
