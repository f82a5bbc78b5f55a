"""Which requests are hot calls, told by Django's own routes, and what is known of one before it is answered."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Set
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.core.signals import setting_changed
from django.urls import Resolver404, resolve

from notifications.actions.caller import https_header
from notifications.api.creations import BATCH, ONE, Creation
from notifications.api.inboxes import InboxViewSet
from notifications.api.items import ItemViewSet
from notifications.api.notifications import NotificationViewSet
from notifications.api.rates import Counted, counted_address
from notifications.api.viewset import EngineViewSet

Scope = dict[str, Any]

Hot = tuple[type[EngineViewSet], str]
CREATIONS: dict[Hot, Creation] = {(NotificationViewSet, "create"): ONE, (NotificationViewSet, "create_batch"): BATCH}
"""The hot calls that are answered together."""
READS: set[Hot] = {(ItemViewSet, "retrieve"), (InboxViewSet, "counts")}
"""Those that take one quick statement each: they are answered together, too."""
ALONE: set[Hot] = {(InboxViewSet, "changes")}
"""Those that may bring many rows: nobody else's answer waits for them."""
CHANGES: set[Hot] = {(ItemViewSet, "update")}
HOT: set[Hot] = {*CREATIONS, *READS, *ALONE, *CHANGES}
METHODS = {"GET", "POST", "PUT"}
JSON = {b"application/json", b"application/json; charset=utf-8"}
"""The usual ways to say it; Django reads all the others."""
QUICK = (b"limit=", b"cursor=", b"status=", b"since=", b"epoch=")
"""What a query may ask without reading past more rows than it answers with."""
PATH_MAX = 200
"""No hot call has a longer one, and what is matched is remembered."""
ASKED_MAX = 255
"""What a middleware asks is remembered as well."""
FORWARDED = b"x-forwarded-for"
NOT_HERE = {b"content-encoding", b"cookie", b"idempotency-key"}


@dataclass(slots=True, eq=False)
class Call:
    """A request for one action of a viewset."""

    viewset: type[EngineViewSet]
    action: str
    values: Mapping[str, str]
    scope: Scope
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    admitted: Set[Counted] = frozenset()
    """By which rates it has been counted, and let pass."""
    must_wait: bool = False
    """It is to be answered alone: it writes, and may wait for a lock."""
    answer: Answer | None = None
    """None: it is for Django to answer, and nothing of it is done."""

    @property
    def authorization(self) -> str:
        return self.headers[b"authorization"].decode("latin-1")

    @property
    def whose(self) -> Hashable:
        """What tells one caller from another: the credential, and where the call comes from."""
        return self.headers[b"authorization"], self._peer, self.headers.get(FORWARDED)

    @property
    def hot(self) -> Hot:
        return self.viewset, self.action

    @property
    def counted_address(self) -> Counted:
        forwarded = self.headers.get(FORWARDED, b"").decode("latin-1")
        return counted_address({"REMOTE_ADDR": self._peer, "HTTP_X_FORWARDED_FOR": forwarded})

    @property
    def _peer(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""


class Answer(NamedTuple):
    """A success: which is all the lane knows to answer, besides a commit that failed."""

    status: int
    body: bytes
    caller: tuple[str, str]
    headers: tuple[tuple[bytes, bytes], ...] = ()


def call_of(scope: Scope) -> Call | None:
    """The hot call a request is, if it is one; its body is yet to come."""
    if scope["method"] not in METHODS or scope.get("root_path"):
        return None
    headers = _headers(scope)
    if headers is None or b"authorization" not in headers:
        return None
    query = scope["query_string"]
    if scope["method"] == "GET":
        if query and not all(part.startswith(QUICK) for part in query.split(b"&")):
            return None
    elif query or not _is_json(scope["method"], headers):
        return None
    match = _match(scope["path"]) if len(scope["path"]) <= PATH_MAX else None
    if match is None:
        return None
    viewset, action = match.func.cls, match.func.actions.get(scope["method"].lower())
    hot = (viewset, action)
    if hot not in HOT:
        return None
    return Call(viewset, action, match.kwargs, scope, headers)


@cache
def asked() -> tuple[bytes, ...]:
    """The headers that a middleware's answer depends on, besides the route: some only where a setting says so."""
    names = [b"host", b"origin", b"x-forwarded-proto"]
    if trusted := https_header():
        names.append(trusted[0].encode())
    if settings.USE_X_FORWARDED_HOST:
        names.append(b"x-forwarded-host")
    if settings.USE_X_FORWARDED_PORT:
        names.append(b"x-forwarded-port")
    return tuple(dict.fromkeys(names))


@cache
def _once() -> frozenset[bytes]:
    """What may not come twice."""
    return frozenset({b"authorization", b"content-type", FORWARDED, *asked()})


def _is_json(method: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the body is JSON by its type; a PUT may have neither."""
    kind = headers.get(b"content-type")
    if kind is None:
        return method == "PUT" and headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers
    return kind.lower() in JSON


@lru_cache(maxsize=4096)
def _match(path: str) -> Any:
    """Django's match, if it is a viewset."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return match if hasattr(match.func, "cls") else None


def _forget(*, setting: str, **_: object) -> None:
    if setting == "ROOT_URLCONF":
        _match.cache_clear()
    if setting in {"SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT"}:
        asked.cache_clear()
        _once.cache_clear()


setting_changed.connect(_forget)


def _headers(scope: Scope) -> dict[bytes, bytes] | None:
    """By name; None when one that matters comes twice, is too long to be remembered, or is not for here."""
    headers: dict[bytes, bytes] = {}
    once = _once()
    for name, value in scope["headers"]:
        if name in NOT_HERE or (name in once and name in headers) or (len(value) > ASKED_MAX and name in asked()):
            return None
        headers[name] = value
    return headers
