"""What the bodies of REST ask, besides a notification, parsed into types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from notifications import limits

from .commands import VERBS, Mark, parse_mark
from .members import clean_integer, invalid, missing, refuse_unknown

STATES = ("is_read", "is_seen", "is_archived")


@dataclass(frozen=True, kw_only=True)
class States:
    """What one notification shall be; None leaves a state as it is."""

    is_read: bool | None = None
    is_seen: bool | None = None
    is_archived: bool | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRequest:
    user_id: str
    ttl_seconds: int


def parse_put(body: dict[str, Any]) -> States:
    """``{}`` marks read."""
    refuse_unknown(body, {"is_read"})
    return States(is_read=_clean_bool(body, "is_read") if body else True)


def parse_patch(body: dict[str, Any]) -> States:
    refuse_unknown(body, set(STATES))
    if not body:
        raise ValidationError(f"Name at least one of {', '.join(STATES)}.", code="invalid")
    return States(**{name: _clean_bool(body, name) for name in body})


def parse_marking(body: dict[str, Any]) -> Mark:
    """A verb, and the rows it is for."""
    rest = dict(body)
    if "action" not in rest:
        raise missing("action")
    verb = rest.pop("action")
    if not isinstance(verb, str) or verb not in VERBS:
        raise invalid("action", f"One of {', '.join(VERBS)}.")
    return parse_mark(verb, rest)


def parse_batch(body: dict[str, Any]) -> list[object]:
    """The items, still to be checked one by one."""
    refuse_unknown(body, {"notifications"})
    if "notifications" not in body:
        raise missing("notifications")
    items = body["notifications"]
    if not isinstance(items, list) or not 1 <= len(items) <= limits.BATCH_MAX:
        raise invalid("notifications", f"A list of 1 to {limits.BATCH_MAX} notifications.")
    return items


def in_batch(error: ValidationError) -> ValidationError:
    """The errors of a batch's items, named as the client wrote them: ``notifications[3].title``."""
    return ValidationError({f"notifications{name}": found for name, found in error.error_dict.items()})


def parse_token_request(body: dict[str, Any]) -> TokenRequest:
    refuse_unknown(body, {"user_id", "ttl_seconds"})
    if "user_id" not in body:
        raise missing("user_id")
    user_id = limits.clean_as("user_id", limits.clean_user_id, body["user_id"])
    ttl_seconds = limits.TOKEN_TTL_DEFAULT
    if "ttl_seconds" in body:
        ttl_seconds = clean_integer(body, "ttl_seconds", minimum=limits.TOKEN_TTL_MIN, maximum=limits.TOKEN_TTL_MAX)
    return TokenRequest(user_id=user_id, ttl_seconds=ttl_seconds)


def _clean_bool(body: dict[str, Any], name: str) -> bool:
    value = body[name]
    if not isinstance(value, bool):
        raise invalid(name, "true or false is needed.")
    return value
