"""The opaque cursors of lists: a direction, and the id of the last row that was shown."""

from __future__ import annotations

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

from django.core.exceptions import ValidationError

from notifications.limits import MAX_ID


@dataclass(frozen=True)
class Cursor:
    """Rows older (``id`` below) or newer (``id`` above) than this notification."""

    direction: Literal["older", "newer"]
    id: int


def encode(cursor: Cursor) -> str:
    """Twelve URL-safe characters."""
    return urlsafe_b64encode(_LAYOUT.pack(cursor.direction == "newer", cursor.id)).decode()


def decode(text: str) -> Cursor:
    """The cursor that ``encode`` made; anything else raises ValidationError with the code ``invalid_cursor``."""
    if _SHAPE.fullmatch(text):
        direction, identity = _LAYOUT.unpack(urlsafe_b64decode(text))
        if direction <= 1 and 1 <= identity <= MAX_ID:
            return Cursor("newer" if direction else "older", identity)
    raise ValidationError("Not a cursor of this service.", code="invalid_cursor")


# One byte and a 64-bit number: nine bytes fill twelve characters of base64 exactly, so there is no padding, no spare
# bit, and one spelling for each cursor.
_LAYOUT = struct.Struct(">BQ")
_SHAPE = re.compile(r"[A-Za-z0-9_-]{12}")
