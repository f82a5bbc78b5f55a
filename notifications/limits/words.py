"""What programs sort by: the identifier, the priority, the topic."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from django.core.exceptions import ValidationError

from .numbers import IDENTIFIER_MAX, TOPIC_MAX
from .strings import clean_filled_text, clean_text

PRIORITIES: Final = ("low", "normal", "high", "urgent")

_SIGNS = "._:/@+#-"
_TOPIC_SIGNS = "._:@+#-"
"""Without the slash: a topic is one part of a path, and proxies do not agree on what %2F is there."""


def clean_identifier(value: object) -> str:
    """What kind of message it is: 1 to 100 characters that start with a letter or digit."""
    return _clean_word(value, IDENTIFIER_MAX, _SIGNS)


def clean_topic(value: object) -> str:
    """What users subscribe to: 1 to 100 characters that start with a letter or digit."""
    return _clean_word(value, TOPIC_MAX, _TOPIC_SIGNS)


def clean_priority(value: object) -> str:
    priority = clean_text(value)
    if priority not in PRIORITIES:
        raise ValidationError(f"Must be one of {', '.join(PRIORITIES)}.", code="invalid")
    return priority


def _clean_word(value: object, maximum: int, signs: str) -> str:
    word = clean_filled_text(value, maximum)
    if not _shape(signs).fullmatch(word):
        raise ValidationError(
            f"Must start with a letter or digit; then letters, digits, space and {signs} may follow.", code="invalid"
        )
    return word


@cache
def _shape(signs: str) -> re.Pattern[str]:
    return re.compile(rf"[A-Za-z0-9][A-Za-z0-9 {re.escape(signs)}]*")
