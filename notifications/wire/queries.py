"""What a query string may ask, parsed into types; unknown, repeated and bad parameters are refused by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import ValidationError

from notifications import limits

from . import cursors
from .cursors import Cursor
from .name_cursors import NameCursor, decoder

STATUSES = ("unread", "read", "unseen", "archived", "all")
SEARCH_MAX = 200
PARAMETERS_MAX = 100


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """Which notifications; ``status`` None is all that is not archived, ``read`` likewise leaves the archived out."""

    user_id: str | None = None
    identifier: str | None = None
    priority: str | None = None
    status: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    search: str | None = None
    limit: int = limits.PAGE_DEFAULT
    cursor: Cursor | None = None


@dataclass(frozen=True, kw_only=True)
class ChangesQuery:
    """Where a device stands, and how many changes it takes at once."""

    since: int = 0
    epoch: str | None = None
    limit: int = limits.CHANGES_MAX


@dataclass(frozen=True, kw_only=True)
class NameQuery:
    """Which page of a list in the order of names."""

    limit: int = limits.PAGE_DEFAULT
    cursor: NameCursor | None = None


def parse_list(query_string: str, *, me: str | None = None) -> ListQuery:
    """``user_id=me`` is the caller's own inbox, for one that has it."""
    values = _parse(query_string, _LIST)
    if values.get("user_id") == "me":
        if me is None:
            raise ValidationError({"user_id": ValidationError("You have no inbox of your own.", code="invalid")})
        values["user_id"] = me
    return ListQuery(**values)


def parse_changes(query_string: str) -> ChangesQuery:
    return ChangesQuery(**_parse(query_string, _CHANGES))


def parse_subscribers(query_string: str) -> NameQuery:
    return NameQuery(**_parse(query_string, {**_PAGE, "cursor": decoder(limits.clean_user_id)}))


def parse_topics(query_string: str) -> NameQuery:
    return NameQuery(**_parse(query_string, {**_PAGE, "cursor": decoder(limits.clean_topic)}))


def refuse_parameters(query_string: str) -> None:
    """For what takes none."""
    _parse(query_string, {})


def _parse(query_string: str, readers: Mapping[str, Callable[[str], object]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    errors: dict[str, ValidationError] = {}
    for name, text in _pairs(query_string):
        if name not in readers:
            errors[name] = ValidationError("There is no such parameter.", code="unknown_field")
        elif name in values:
            errors[name] = ValidationError("Given more than once.", code="invalid")
        else:
            values[name] = None
            try:
                values[name] = readers[name](text)
            except ValidationError as problem:
                errors[name] = problem
    if errors:
        raise ValidationError(errors)
    return values


def _pairs(query_string: str) -> list[tuple[str, str]]:
    # WSGI hands raw bytes over as Latin-1, ASGI as UTF-8; a well-behaved client sends neither.
    with suppress(UnicodeError):
        query_string = query_string.encode("latin-1").decode()
    try:
        return parse_qsl(query_string, keep_blank_values=True, errors="surrogateescape", max_num_fields=PARAMETERS_MAX)
    except ValueError:
        raise ValidationError(f"At most {PARAMETERS_MAX} parameters.", code="invalid") from None


def _clean_search(text: str) -> str | None:
    """An empty box looks for nothing in particular."""
    if len(text) > SEARCH_MAX or not limits.is_storable(text):
        raise ValidationError(f"At most {SEARCH_MAX} characters in UTF-8.", code="invalid")
    return text or None


def _clean_user_id(text: str) -> str:
    return text if text == "me" else limits.clean_user_id(text)


def _one_of(*choices: str) -> Callable[[str], str]:
    def clean(text: str) -> str:
        if text not in choices:
            raise ValidationError(f"One of {', '.join(choices)}.", code="invalid")
        return text

    return clean


def _integer(minimum: int, maximum: int) -> Callable[[str], int]:
    shape = re.compile(r"0|[1-9][0-9]{0,18}")

    def clean(text: str) -> int:
        if shape.fullmatch(text) and minimum <= int(text) <= maximum:
            return int(text)
        raise ValidationError(f"An integer from {minimum} to {maximum}.", code="invalid")

    return clean


def _clean_epoch(text: str) -> str | None:
    if len(text) > limits.EPOCH_MAX or (text and not limits.is_visible_ascii(text)):
        raise ValidationError("An epoch is a string the server gave.", code="invalid")
    return text or None


def _plainly(clean: Callable[[str], object]) -> Callable[[str], object]:
    """In a query there is one code for a bad value, whatever the limit it breaks."""

    def cleaned(text: str) -> object:
        try:
            return clean(text)
        except ValidationError as problem:
            raise ValidationError(problem.message, code="invalid") from None

    return cleaned


_PAGE: dict[str, Callable[[str], object]] = {"limit": _integer(1, limits.PAGE_MAX)}
_LIST: dict[str, Callable[[str], object]] = {
    **_PAGE,
    "user_id": _clean_user_id,
    "identifier": _plainly(limits.clean_identifier),
    "priority": _one_of(*limits.PRIORITIES),
    "status": _one_of(*STATUSES),
    "created_after": limits.clean_time,
    "created_before": limits.clean_time,
    "search": _clean_search,
    "cursor": cursors.decode,
}
_CHANGES: dict[str, Callable[[str], object]] = {
    "since": _integer(0, limits.MAX_ID),
    "epoch": _clean_epoch,
    "limit": _integer(1, limits.CHANGES_MAX),
}
