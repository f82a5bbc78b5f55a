"""``data`` as it was given, whatever the database makes of its numbers."""

from __future__ import annotations

from typing import Any

from django.db import models

from notifications.limits import MAX_SAFE_INTEGER


def as_given(value: Any) -> Any:
    """PostgreSQL writes a float from 1e16 on as an integer, and no integer of ours is as large."""
    if isinstance(value, dict):
        return {name: as_given(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_given(each) for each in value]
    if isinstance(value, int) and not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        return float(value)
    return value


class DataField(models.JSONField):
    """Stored as any other, so that migrations need not know it."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return as_given(super().from_db_value(value, expression, connection))

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
