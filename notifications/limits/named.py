"""Saying of which member, parameter or header a limit was broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ValidationError

Given = TypeVar("Given")
Cleaned = TypeVar("Cleaned")


def clean_as(name: str, clean: Callable[[Given], Cleaned], value: Given) -> Cleaned:
    """``clean(value)``; its ValidationError is one of ``name``."""
    try:
        return clean(value)
    except ValidationError as problem:
        raise ValidationError({name: problem}) from None
