"""``data``: what a sender attaches, measured before it is copied."""

from __future__ import annotations

import json
import math
from typing import Any

from django.core.exceptions import ValidationError

from .numbers import DATA_MAX_BYTES, DATA_MAX_DEPTH, MAX_SAFE_INTEGER
from .strings import is_storable


def clean_data(value: object) -> dict[str, Any]:
    """A plain copy: what the caller does to its own object before the commit must not reach a frame."""
    if not isinstance(value, dict):
        raise ValidationError("Must be an object.", code="invalid")
    if not value:
        return {}
    _check_tree(value)
    encoded = _encode(value)
    if len(encoded.encode()) > DATA_MAX_BYTES:
        raise _too_large()
    copy: dict[str, Any] = json.loads(encoded)
    return copy


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode


def _check_tree(top: dict[Any, Any]) -> None:
    """Level by level, so depth ends a cycle; every value is paid for, so size ends a tree that shares its branches."""
    bytes_left = DATA_MAX_BYTES
    level: list[dict[Any, Any] | list[Any]] = [top]
    for _ in range(DATA_MAX_DEPTH):
        below: list[dict[Any, Any] | list[Any]] = []
        for container in level:
            bytes_left -= len(container) + 1
            if bytes_left < 0:
                raise _too_large()
            if isinstance(container, dict):
                for key in container:
                    bytes_left -= _check_key(key)
            for value in container.values() if isinstance(container, dict) else container:
                if isinstance(value, str):
                    bytes_left -= _check_string(value)
                elif isinstance(value, dict | list):
                    below.append(value)
                elif isinstance(value, int):
                    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                        raise ValidationError("Integers must lie within ±(2^53-1).", code="invalid")
                elif isinstance(value, float):
                    if not math.isfinite(value):
                        raise ValidationError("Numbers must be finite.", code="invalid")
                elif value is not None:
                    raise ValidationError(f"{type(value).__name__} is not a JSON type.", code="invalid")
        if not below:
            return
        level = below
    raise ValidationError(f"At most {DATA_MAX_DEPTH} levels deep.", code="invalid")


def _check_key(key: object) -> int:
    if not isinstance(key, str):
        raise ValidationError("Keys must be strings.", code="invalid")
    if key == "__proto__":
        raise ValidationError("The key __proto__ is not allowed.", code="invalid")
    return _check_string(key)


def _check_string(text: str) -> int:
    if len(text) > DATA_MAX_BYTES:
        raise _too_large()
    if not is_storable(text):
        raise ValidationError("Must not hold NUL or lone surrogates.", code="invalid")
    return len(text)


def _too_large() -> ValidationError:
    return ValidationError(f"At most {DATA_MAX_BYTES} bytes as compact JSON.", code="max_length")
