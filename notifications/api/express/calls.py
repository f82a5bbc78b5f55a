"""Which requests are hot calls, told by Django's own routes, and what is known of one before it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.urls import Resolver404, resolve

from notifications import limits
from notifications.api.inboxes import InboxViewSet
from notifications.api.items import ItemViewSet
from notifications.api.notifications import NotificationViewSet
from notifications.api.rates import Counted
from notifications.api.viewset import EngineViewSet

Scope = dict[str, Any]

BODIES = {
    (NotificationViewSet, "create"): limits.BODY_MAX,
    (NotificationViewSet, "create_batch"): limits.BATCH_BODY_MAX,
    (ItemViewSet, "update"): limits.BODY_MAX,
    (ItemViewSet, "retrieve"): 0,
    (InboxViewSet, "counts"): 0,
    (InboxViewSet, "changes"): 0,
}
"""The hot calls, and the bytes a body of each may have."""
METHODS = {"GET", "POST", "PUT"}
JSON = {b"application/json", b"application/json; charset=utf-8"}
"""The usual ways to say it; Django reads all the others."""
QUICK = (b"limit=", b"cursor=", b"status=", b"since=", b"epoch=")
"""What a query may ask without reading past more rows than it answers with."""
PATH_MAX = 200
"""No hot call has a longer one, and what is matched is remembered."""
ONCE = {b"authorization", b"content-type", b"host", b"origin", b"x-forwarded-for", b"x-forwarded-proto"}
NOT_HERE = {b"content-encoding", b"cookie", b"idempotency-key"}


@dataclass(slots=True)
class Call:
    """A request for one action of a viewset."""

    viewset: type[EngineViewSet]
    action: str
    values: Mapping[str, str]
    scope: Scope
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    admitted: set[Counted] = field(default_factory=set)
    """By which rates it has been counted, and let pass."""

    @property
    def authorization(self) -> str:
        return self.headers[b"authorization"].decode("latin-1")

    @property
    def meta(self) -> dict[str, str]:
        """What ``rates`` wants to know of it."""
        client = self.scope.get("client")
        forwarded = self.headers.get(b"x-forwarded-for", b"").decode("latin-1")
        return {"REMOTE_ADDR": client[0] if client else "", "HTTP_X_FORWARDED_FOR": forwarded}

    @property
    def is_creation(self) -> bool:
        return self.action in ("create", "create_batch")


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: which is all the lane knows to answer, besides a database that is away."""

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
    elif query or headers.get(b"content-type", b"application/json").lower() not in JSON:
        return None
    match = _match(scope["path"]) if len(scope["path"]) <= PATH_MAX else None
    if match is None:
        return None
    viewset, action = match.func.cls, match.func.actions.get(scope["method"].lower())
    if (viewset, action) not in BODIES:
        return None
    return Call(viewset, action, match.kwargs, scope, headers)


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


setting_changed.connect(_forget)


def _headers(scope: Scope) -> dict[bytes, bytes] | None:
    """By name; None when one that matters comes twice, or is not for here."""
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in NOT_HERE or (name in ONCE and name in headers):
            return None
        headers[name] = value
    return headers
