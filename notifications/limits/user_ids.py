"""The id of a user, in its stored and in its shown spelling."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError

from .numbers import MAX_SAFE_INTEGER

RESERVED_USER_IDS: Final = frozenset({"me", "ws", "batch", "announcements", "tokens", "keys", "schema"})

# "1_0" is refused because int() reads it as 10, and a user must not have two spellings.
_USER_ID = re.compile(r"(?!0\Z|[0-9]+(?:_[0-9]+)+\Z)[A-Za-z0-9][A-Za-z0-9._@+:-]{0,63}")


def clean_user_id(value: object) -> str:
    """The stored spelling of a user_id given as an integer, a string or a UUID: ``123`` and ``"123"`` are ``"123"``."""
    if isinstance(value, str):
        if value in RESERVED_USER_IDS:
            raise ValidationError(
                f"A user id is no reserved word: {', '.join(sorted(RESERVED_USER_IDS))}.", code="invalid"
            )
        if _USER_ID.fullmatch(value):
            return str.__str__(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        if 1 <= value <= MAX_SAFE_INTEGER:
            return str(int(value))
    elif isinstance(value, UUID):
        return str(value)
    raise ValidationError(
        f"A user id is an integer from 1 to {MAX_SAFE_INTEGER}, or a string of 1 to 64 letters, digits and ._@+:- that "
        "starts with a letter or digit.",
        code="invalid",
    )


_CANONICAL_INTEGER = re.compile(r"[1-9][0-9]{0,15}")


def user_id_to_json(stored: str) -> int | str:
    """A stored user_id as it is shown: an integer when it is a canonical decimal up to 2^53-1, else the string."""
    if _CANONICAL_INTEGER.fullmatch(stored) and (number := int(stored)) <= MAX_SAFE_INTEGER:
        return number
    return stored
