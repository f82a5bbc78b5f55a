"""Opening a socket: who is calling, from where, for which inbox, with which cursor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import parse_cookie

from notifications import limits
from notifications.actions.access import DEVELOPMENT, Action, Principal
from notifications.actions.caller import Caller, https_header
from notifications.actions.credentials import authenticate_bearer, authenticate_session_key, bearer_of, is_key
from notifications.exceptions import NotAuthenticated
from notifications.wire.codes import Close

from .session import Cursor
from .threads import in_reader

PROTOCOL = "notifications.v1"
BEARER = "bearer."


class NotFound(Exception):
    """No such socket, or not from there: refused before it opens (HTTP 403)."""


class Refused(Exception):
    """Told in a frame and a close code, which browsers can see, on the opened socket."""

    def __init__(self, code: Close, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, kw_only=True)
class Query:
    """``?epoch=&since=&limit=&ack=1``"""

    cursor: Cursor | None
    page: int
    acknowledges: bool


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """The caller of a handshake; NotFound when its Origin or Host is not allowed."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    client = scope.get("client")
    secure = scope.get("scheme") == "wss"
    if trusted := https_header():
        name, value = trusted
        secure = secure or headers.get(name, "").split(",")[0].strip() == value
    caller = Caller(peer=client[0] if client else None, secure=secure, headers=headers)
    if not caller.may_open_sockets:
        raise NotFound
    return caller


def offered_protocol(scope: Mapping[str, Any]) -> str | None:
    return PROTOCOL if PROTOCOL in scope.get("subprotocols", ()) else None


async def authenticate(scope: Mapping[str, Any], caller: Caller) -> Principal:
    """The first credential given, in the order of docs/security.md; Refused 4401 when there is none or a bad one."""
    try:
        if "authorization" in caller.headers:
            return await authenticate_secret(bearer_of(caller.headers["authorization"]))
        for offered in scope.get("subprotocols", ()):
            if offered.startswith(BEARER):
                return await authenticate_secret(offered.removeprefix(BEARER))
    except NotAuthenticated as problem:
        raise Refused(Close.UNAUTHENTICATED, str(problem)) from None
    # A cookie is sent by any page: it counts only with an Origin that was checked.
    session_key = _session_key(caller) if caller.origin is not None else None
    if session_key and (principal := await in_reader(authenticate_session_key, session_key)):
        return principal
    if caller.is_trusted_developer:
        return DEVELOPMENT
    raise Refused(
        Close.UNAUTHENTICATED, "Credential missing: offer the sub-protocols notifications.v1 and bearer.<token>."
    )


async def authenticate_secret(secret: str) -> Principal:
    """The caller of an API key or a user token; only a key is looked up, and so worth a turn of a thread."""
    return await in_reader(authenticate_bearer, secret) if is_key(secret) else authenticate_bearer(secret)


def inbox_of(scope: Mapping[str, Any], principal: Principal) -> str:
    """The user_id of the path, ``me`` being the caller's own; Refused 4403 when it may not be read."""
    asked = scope["url_route"]["kwargs"]["user_id"]
    if asked == "me" and principal.user_id is not None:
        return principal.user_id
    try:
        user_id = limits.clean_user_id(asked)
    except ValidationError:
        raise Refused(Close.FORBIDDEN, "There is no such inbox.") from None
    if not principal.may_inbox(Action.READ, user_id):
        raise Refused(Close.FORBIDDEN, "This inbox is not yours.")
    return user_id


def parse_query(scope: Mapping[str, Any]) -> Query:
    """The cursor and the wishes of the query; Refused 4400 when they cannot be."""
    given = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    values = {name: given[name][-1] for name in ("epoch", "since", "limit", "ack") if name in given}
    since = _number(values, "since", 0, limits.MAX_ID)
    epoch = values.get("epoch") or None
    if epoch is not None and len(epoch) > limits.EPOCH_MAX:
        raise Refused(Close.BAD_CLIENT, "epoch is a string the server gave.")
    page = _number(values, "limit", 1, limits.PAGE_MAX)
    if values.get("ack", "0") not in ("0", "1"):
        raise Refused(Close.BAD_CLIENT, "ack is 0 or 1.")
    return Query(
        cursor=None if since is None else Cursor(seq=since, epoch=epoch),
        page=limits.PAGE_DEFAULT if page is None else page,
        acknowledges=values.get("ack") == "1",
    )


def _number(values: Mapping[str, str], name: str, minimum: int, maximum: int) -> int | None:
    text = values.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) <= 19 and minimum <= int(text) <= maximum:
        return int(text)
    raise Refused(Close.BAD_CLIENT, f"{name} is an integer from {minimum} to {maximum}.")


def _session_key(caller: Caller) -> str | None:
    key = parse_cookie(caller.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    return key if key and "\0" not in key else None
