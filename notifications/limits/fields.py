"""All fields of a notification to be created, checked together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError

from .data import clean_data
from .keys import clean_dedupe_key
from .links import clean_action_url
from .text import clean_description, clean_title
from .times import clean_time
from .user_ids import clean_user_id
from .words import clean_identifier, clean_priority


def clean_fields(values: Mapping[str, object], *, now: datetime | None = None) -> dict[str, Any]:
    """All fields of a notification to be created, defaults filled in; one ValidationError names every bad field.

    ``now`` (aware) is what ``expires_at`` must lie after; the clock by default.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[ValidationError]] = {}
    for name, (clean, default) in _FIELDS.items():
        value = values.get(name, _MISSING)
        if value is _MISSING:
            if default is _REQUIRED:
                errors[name] = [ValidationError("This field is required.", code="required")]
            else:
                cleaned[name] = {} if default == {} else default  # a default is clean; each has a ``data`` of its own
        elif value is not None:
            try:
                cleaned[name] = clean(value)
            except ValidationError as error:
                errors[name] = [error]
        elif default is None:
            cleaned[name] = None
        else:
            errors[name] = [ValidationError("Must not be null.", code="null")]
    expires_at = cleaned.get("expires_at")
    if expires_at is not None and expires_at <= (now or datetime.now(UTC)):
        errors["expires_at"] = [ValidationError("Must be in the future.", code="invalid")]
    if not values.keys() <= _FIELDS.keys():
        for name in values:
            if name not in _FIELDS:
                errors[name] = [ValidationError("Unknown or read-only field.", code="unknown_field")]
    if errors:
        raise ValidationError(errors)
    return cleaned


_REQUIRED: Final = object()
_MISSING: Final = object()

# field: its cleaner, its default. A field whose default is None may be null.
_FIELDS: Final[dict[str, tuple[Callable[[object], object], object]]] = {
    "user_id": (clean_user_id, _REQUIRED),
    "title": (clean_title, _REQUIRED),
    "description": (clean_description, ""),
    "identifier": (clean_identifier, _REQUIRED),
    "data": (clean_data, {}),
    "action_url": (clean_action_url, None),
    "priority": (clean_priority, "normal"),
    "expires_at": (clean_time, None),
    "dedupe_key": (clean_dedupe_key, None),
}

FIELDS: Final = tuple(_FIELDS)
"""What a sender says of a notification; the engine says the rest."""
