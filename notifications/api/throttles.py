"""Rate limits: fixed windows counted in Django's cache, one increment a request."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cache as once
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, cast

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from django.core.cache.backends.redis import RedisCache
from django.core.signals import setting_changed
from django.utils.module_loading import import_string
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from notifications.actions.access import Principal
from notifications.conf import RATES, get_options, parse_rate

logger = logging.getLogger("notifications.api")


class FixedWindowThrottle(BaseThrottle):
    """``limit`` requests in each window of the clock; without a cache that answers, everything passes."""

    def counter(self, request: Request) -> tuple[str, str] | None:
        """The name of a rate in ``RATES`` and who is counted, or None for nobody."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        counter = self.counter(request)
        rate = _rate(counter[0]) if counter else None
        if counter is None or rate is None:
            return True
        limit, seconds = rate
        window, passed = divmod(time.time(), seconds)
        self._wait = seconds - passed
        return _count(f"notifications:rate:{counter[0]}:{counter[1]}:{int(window)}", seconds) <= limit

    def wait(self) -> float:
        return self._wait


class AddressThrottle(FixedWindowThrottle):
    """Before authentication, so that trying out credentials is limited, too."""

    def counter(self, request: Request) -> tuple[str, str]:
        return "address", address_of(request.META)


class PrincipalThrottle(FixedWindowThrottle):
    """Per API key, or per user whichever way they came."""

    def counter(self, request: Request) -> tuple[str, str] | None:
        principal = cast("Principal", request.auth)
        if principal.kind == "development":
            return None
        return ("key", principal.name) if principal.kind == "api_key" else ("user", principal.user_id or principal.name)


def address_of(meta: dict[str, Any]) -> str:
    """Who is counted as one address: what the outermost trusted proxy saw. A home network's IPv6 is a /64."""
    text = meta.get("REMOTE_ADDR") or ""
    if proxies := get_options().TRUSTED_PROXIES:
        seen = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        # Each proxy appends one; what lies further left was sent by the client and proves nothing.
        text = seen[-min(proxies, len(seen))] or text
    try:
        address = ip_address(text)
    except ValueError:
        return meta.get("REMOTE_ADDR") or "-"
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False).network_address)
    return str(address)


def _rate(name: str) -> tuple[int, int] | None:
    text = {**RATES, **get_options().RATE_LIMITS}[name]
    return None if text is None else parse_rate(text)


AWAY_SECONDS = 10
_ask_again_at: float | None = None
"""When the cache is asked again after a failure (monotonic): one that hangs may cost a request in ten seconds its
time-out, not every request."""


def _count(key: str, seconds: int) -> int:
    """Which request of the window this is; 0 while the cache is away."""
    global _ask_again_at
    was_away = _ask_again_at is not None
    if _ask_again_at is not None:
        if time.monotonic() < _ask_again_at:
            return 0
        _ask_again_at = time.monotonic() + AWAY_SECONDS  # the others need not try as well
    try:
        number = _increment(key, seconds)
    except Exception as problem:
        if not was_away:
            logger.warning("Rate limits are off while the cache is away: %s", problem)
        _ask_again_at = time.monotonic() + AWAY_SECONDS
        return 0
    _ask_again_at = None
    return number


def _increment(key: str, seconds: int) -> int:
    number: int
    if (counters := _redis()) is not None:
        pipeline = counters.client.pipeline(transaction=False)
        name = counters.cache.make_and_validate_key(key)
        pipeline.set(name, 0, ex=seconds, nx=True)
        pipeline.incr(name)
        _, number = pipeline.execute()
        return number
    try:
        number = cache.incr(key)
    except ValueError:  # the first of the window, or one that raced with it
        number = 1 if cache.add(key, 1, timeout=seconds) else cache.incr(key)
    return number


@dataclass(frozen=True)
class RedisCounters:
    """Django's cache, and the Redis client in it."""

    cache: Any
    client: Any


@once
def _redis() -> RedisCounters | None:
    """The default cache, if it is Django's own on Redis. Under ASGI Django makes that anew for each request, and with
    it a connection: a third of a request's time. The client of redis-py is made for many threads, so there is one.
    """
    if import_string(settings.CACHES[DEFAULT_CACHE_ALIAS]["BACKEND"]) is not RedisCache:
        return None
    ours: Any = caches.create_connection(DEFAULT_CACHE_ALIAS)
    return RedisCounters(ours, ours._cache.get_client(None, write=True))


def _forget(*, setting: str, **_: object) -> None:
    if setting == "CACHES":
        _redis.cache_clear()


setting_changed.connect(_forget)
