"""The opaque cursors of lists in the order of names: a direction, and the name at the end of what was shown."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal

from django.core.exceptions import ValidationError

TEXT_MIN: Final = 3
TEXT_MAX: Final = 135
"""Characters of a cursor: a name of 1 to 100, a byte for the direction, and four for each three of both."""


@dataclass(frozen=True)
class NameCursor:
    """What comes after this name, or before it."""

    direction: Literal["after", "before"]
    name: str


def encode(cursor: NameCursor) -> str:
    sign = ">" if cursor.direction == "after" else "<"
    return urlsafe_b64encode(f"{sign}{cursor.name}".encode()).decode().rstrip("=")


def decoder(clean: Callable[[object], str]) -> Callable[[str], NameCursor]:
    """Reads the cursors that ``encode`` made of names that ``clean`` passes; anything else is ``invalid_cursor``."""

    def decode(text: str) -> NameCursor:
        if _SHAPE.fullmatch(text):
            with suppress(ValueError, ValidationError):
                plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
                cursor = NameCursor("after" if plain[0] == ">" else "before", clean(plain[1:]))
                if encode(cursor) == text:  # one spelling for each
                    return cursor
        raise ValidationError("Not a cursor of this service.", code="invalid_cursor")

    return decode


_SHAPE = re.compile(rf"[A-Za-z0-9_-]{{{TEXT_MIN},{TEXT_MAX}}}")
