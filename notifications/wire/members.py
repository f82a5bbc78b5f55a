"""The members of a JSON object, checked one by one; a ValidationError names those that are wrong."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from django.core.exceptions import ValidationError

from .codes import ErrorCode


def refuse_unknown(body: dict[str, Any], known: Set[str]) -> None:
    if unknown := [name for name in body if name not in known]:
        error = ValidationError("There is no such member.", code=ErrorCode.UNKNOWN_FIELD)
        raise ValidationError(dict.fromkeys(unknown, error))


def clean_integer(body: dict[str, Any], name: str, *, minimum: int, maximum: int) -> int:
    value = body.get(name)
    if name not in body:
        raise missing(name)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
        raise invalid(name, f"An integer from {minimum} to {maximum} is needed.")
    return value


def missing(name: str) -> ValidationError:
    return invalid(name, "This member is required.", code="required")


def invalid(name: str, detail: str, *, code: str = ErrorCode.INVALID) -> ValidationError:
    return ValidationError({name: ValidationError(detail, code=code)})
