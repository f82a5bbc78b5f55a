"""What programs sort by: the identifier, the priority, the topic."""

from __future__ import annotations

import re
from typing import Final

from django.core.exceptions import ValidationError

from .numbers import IDENTIFIER_MAX, TOPIC_MAX
from .strings import clean_filled_text, clean_text

PRIORITIES: Final = ("low", "normal", "high", "urgent")

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*")


def clean_identifier(value: object) -> str:
    """What kind of message it is: 1 to 100 characters that start with a letter or digit."""
    identifier = clean_filled_text(value, IDENTIFIER_MAX)
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValidationError(
            "Must start with a letter or digit; then letters, digits, space and ._:/@+#- may follow.", code="invalid"
        )
    return identifier


# An identifier's, but for the slash: a topic is one part of a path, and proxies do not agree on what %2F is there.
_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:@+#-]*")


def clean_topic(value: object) -> str:
    """What users subscribe to: 1 to 100 characters that start with a letter or digit."""
    topic = clean_filled_text(value, TOPIC_MAX)
    if not _TOPIC.fullmatch(topic):
        raise ValidationError(
            "Must start with a letter or digit; then letters, digits, space and ._:@+#- may follow.", code="invalid"
        )
    return topic


def clean_priority(value: object) -> str:
    priority = clean_text(value)
    if priority not in PRIORITIES:
        raise ValidationError(f"Must be one of {', '.join(PRIORITIES)}.", code="invalid")
    return priority
