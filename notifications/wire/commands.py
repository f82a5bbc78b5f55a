"""Client → server: what a socket may ask, parsed into types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from notifications import limits

from .codes import ErrorCode
from .members import clean_integer, invalid, refuse_unknown
from .strict_json import MalformedJSON, loads

VERBS = ("read", "unread", "seen", "archive", "unarchive", "delete")
"""The verbs a client may use, over REST and sockets alike."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Either ``ids``, or all up to ``up_to`` (None: the server fixes it), of one ``identifier`` if given."""

    verb: str
    ids: tuple[int, ...] | None = None
    up_to: int | None = None
    identifier: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sync:
    since: int
    epoch: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ack:
    seq: int


@dataclass(frozen=True)
class Ping:
    pass


@dataclass(frozen=True, kw_only=True)
class Auth:
    token: str


Command = Mark | Sync | Ack | Ping | Auth


class CommandError(Exception):
    """A frame that cannot be obeyed; answered with an error frame."""

    def __init__(self, code: str, detail: str, *, command_id: object = None) -> None:
        super().__init__(detail)
        self.code, self.detail, self.command_id = code, detail, command_id


def parse_command(text: str) -> tuple[object, Command]:
    """The command's id (for the answer) and the command; raises CommandError."""
    if len(text) > limits.FRAME_MAX or len(text.encode("utf-8", "surrogatepass")) > limits.FRAME_MAX:
        raise CommandError(ErrorCode.TOO_LARGE, f"A frame has at most {limits.FRAME_MAX} bytes.")
    try:
        body = loads(text)
    except MalformedJSON as problem:
        raise CommandError(ErrorCode.MALFORMED_JSON, str(problem)) from None
    if not isinstance(body, dict):
        raise CommandError(ErrorCode.INVALID, "A frame is a JSON object.")
    command_id = _clean_command_id(body.pop("id", None))
    kind = body.pop("type", None)
    parse = _PARSERS.get(kind) if isinstance(kind, str) else None
    if parse is None:
        known = ", ".join(_PARSERS)
        raise CommandError(ErrorCode.UNKNOWN_TYPE, f"type is one of: {known}.", command_id=command_id)
    try:
        return command_id, parse(body)
    except ValidationError as problem:
        field, error = min(problem.error_dict.items())  # one frame names one member
        raise CommandError(
            error[0].code or ErrorCode.INVALID, f"{field}: {error[0].message}", command_id=command_id
        ) from None


def parse_mark(verb: str, body: dict[str, Any]) -> Mark:
    """The members beside the verb, the same over REST and sockets; raises ValidationError naming the field."""
    refuse_unknown(body, {"ids", "up_to", "identifier"})
    if ("ids" in body) and ("up_to" in body or "identifier" in body):
        raise invalid("ids", "Name ids, or a bound with up_to; not both.")
    if "ids" in body:
        return Mark(verb=verb, ids=_clean_ids(body["ids"]))
    up_to = clean_integer(body, "up_to", minimum=1, maximum=limits.MAX_ID) if "up_to" in body else None
    identifier = body.get("identifier")
    if identifier is not None and (not isinstance(identifier, str) or not 0 < len(identifier) <= limits.IDENTIFIER_MAX):
        raise invalid("identifier", f"An identifier is a string of 1 to {limits.IDENTIFIER_MAX} characters.")
    return Mark(verb=verb, up_to=up_to, identifier=identifier)


def _parse_socket_mark(verb: str) -> Callable[[dict[str, Any]], Mark]:
    def parse(body: dict[str, Any]) -> Mark:
        mark = parse_mark(verb, body)
        if mark.ids is None and mark.up_to is None:
            raise invalid("ids", "Name ids, or a bound with up_to.", code="required")
        return mark

    return parse


def _parse_sync(body: dict[str, Any]) -> Sync:
    refuse_unknown(body, {"since", "epoch"})
    epoch = body.get("epoch")
    if epoch is not None and (not isinstance(epoch, str) or len(epoch) > limits.EPOCH_MAX):
        raise invalid("epoch", "An epoch is a string the server gave.")
    return Sync(since=clean_integer(body, "since", minimum=0, maximum=limits.MAX_ID), epoch=epoch)


def _parse_ack(body: dict[str, Any]) -> Ack:
    refuse_unknown(body, {"seq"})
    return Ack(seq=clean_integer(body, "seq", minimum=0, maximum=limits.MAX_ID))


def _parse_ping(body: dict[str, Any]) -> Ping:
    refuse_unknown(body, set())
    return Ping()


def _parse_auth(body: dict[str, Any]) -> Auth:
    refuse_unknown(body, {"token"})
    token = body.get("token")
    if not isinstance(token, str) or not token:
        raise invalid("token", "A user token is needed.", code="required" if token is None else "invalid")
    return Auth(token=token)


_PARSERS: dict[str, Callable[[dict[str, Any]], Command]] = {
    **{verb: _parse_socket_mark(verb) for verb in VERBS},
    "sync": _parse_sync,
    "ack": _parse_ack,
    "ping": _parse_ping,
    "auth": _parse_auth,
}


def _clean_command_id(value: object) -> object:
    if value is None or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) <= limits.MAX_SAFE_INTEGER
    ):
        return value
    if isinstance(value, str) and len(value) <= 64:
        return value
    raise CommandError(ErrorCode.INVALID, "id: a string of up to 64 characters, or an integer.")


def _clean_ids(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= limits.MARK_IDS_MAX:
        raise invalid("ids", f"A list of 1 to {limits.MARK_IDS_MAX} ids is needed.")
    if any(isinstance(item, bool) or not isinstance(item, int) or not 1 <= item <= limits.MAX_ID for item in value):
        raise invalid("ids", "An id is an integer from 1 to 2^63-1.")
    return tuple(dict.fromkeys(value))
