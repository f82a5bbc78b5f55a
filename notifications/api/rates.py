"""Rate limits: fixed windows counted in Django's cache, which is asked once for all that are counted together."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, cache, caches
from django.core.cache.backends.redis import RedisCache
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from notifications.actions.access import Principal
from notifications.actions.turns import Turns
from notifications.conf import RATES, get_options, parse_rate

logger = logging.getLogger("notifications.api")

ADMITTED = "notifications.admitted"
"""In the ASGI scope of a request that the express lane counted and passed on: the rates that let it pass."""


class Counted(NamedTuple):
    """Who is counted, against which rate: the name of one of ``RATES``, or another as it is written, ``10/min``.
    Looked up several times a request, which a tuple makes cheap.
    """

    rate: str
    who: str


def counted_address(meta: Mapping[str, Any]) -> Counted:
    """A request's address, before anything is known of it."""
    return Counted("address", address_of(meta))


def counted_principal(principal: Principal) -> Counted | None:
    """An API key, or a user whichever way they came; nobody in development mode."""
    if principal.kind == "development":
        return None
    if principal.kind == "api_key":
        return Counted("key", principal.name)
    return Counted("user", principal.user_id or principal.name)


def admit(requests: Mapping[Counted, int]) -> dict[Counted, int]:
    """How many of these requests are within their rate; all of them where none is set, or no cache answers."""
    now = time.time()
    limits = {counted: rate for counted in requests if (rate := _rate(counted.rate)) is not None}
    keys = {
        f"notifications:rate:{counted.rate}:{counted.who}:{int(now // seconds)}": (requests[counted], seconds)
        for counted, (_limit, seconds) in limits.items()
    }
    admitted = dict(requests)
    for (counted, (limit, seconds)), number in zip(limits.items(), _count(keys), strict=True):
        asked = requests[counted]
        admitted[counted] = max(0, min(asked, limit - (number - asked)))
        if number > limit:
            _note_used_up(counted, int(now // seconds))
    return admitted


_used_up: dict[Counted, int] = {}
"""Whose rate was found to be, and in which window."""
USED_UP_MAX = 4096


def _note_used_up(counted: Counted, window: int) -> None:
    if len(_used_up) >= USED_UP_MAX:
        _used_up.clear()
    _used_up[counted] = window


def is_used_up(counted: Counted) -> bool:
    """Whether this process has found the rate to be, in this window. Asks nobody, and counts nothing."""
    window = _used_up.get(counted)
    rate = None if window is None else _rate(counted.rate)
    return rate is not None and window == int(time.time() // rate[1])


def is_admitted(counted: Counted) -> bool:
    """One request; those of other threads at the same time are counted with it."""
    return _turns.answer(counted)


def _admit_each(asked: Sequence[Counted]) -> list[bool]:
    room = admit(Counter(asked))
    passes = []
    for counted in asked:
        passes.append(room[counted] > 0)
        room[counted] -= 1
    return passes


_turns = Turns(_admit_each)


def seconds_left(counted: Counted) -> float:
    """Until the window of this rate ends."""
    rate = _rate(counted.rate)
    return 0 if rate is None else rate[1] - time.time() % rate[1]


def address_of(meta: Mapping[str, Any]) -> str:
    """Who is counted as one address: what the outermost trusted proxy saw. A home network's IPv6 is a /64."""
    text = meta.get("REMOTE_ADDR") or ""
    if proxies := get_options().TRUSTED_PROXIES:
        seen = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        # Each proxy appends one; what lies further left was sent by the client and proves nothing.
        text = seen[-min(proxies, len(seen))] or text
    return _whole_address(text) or meta.get("REMOTE_ADDR") or "-"


@lru_cache(maxsize=4096)
def _whole_address(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False).network_address)
    return str(address)


def _rate(name: str) -> tuple[int, int] | None:
    text = {**RATES, **get_options().RATE_LIMITS}.get(name, name)
    return None if text is None else parse_rate(text)


AWAY_SECONDS = 10
_ask_again_at: float | None = None
"""When the cache is asked again after a failure (monotonic): one that hangs may cost a request in ten seconds its
time-out, not every request."""


def _count(keys: Mapping[str, tuple[int, int]]) -> list[int]:
    """Add to each key so much for so many seconds; how much is there then, 0 while the cache is away."""
    global _ask_again_at
    if not keys:
        return []
    was_away = _ask_again_at is not None
    if _ask_again_at is not None:
        if time.monotonic() < _ask_again_at:
            return [0] * len(keys)
        _ask_again_at = time.monotonic() + AWAY_SECONDS  # the others need not try as well
    try:
        numbers = _add(keys)
    except Exception as problem:
        if not was_away:
            logger.warning("Rate limits are off while the cache is away: %s", problem)
        _ask_again_at = time.monotonic() + AWAY_SECONDS
        return [0] * len(keys)
    _ask_again_at = None
    return numbers


def _add(keys: Mapping[str, tuple[int, int]]) -> list[int]:
    if (counters := _redis()) is None:
        return [_add_to_cache(key, number, seconds) for key, (number, seconds) in keys.items()]
    names = [counters.cache.make_key(key) for key in keys]
    numbers: list[int] = counters.client.eval(_ADD, len(names), *names, *chain.from_iterable(keys.values()))
    return numbers


# A pipeline of SET and INCR would cost this process twice as much.
_ADD = """
local found = {}
for place, name in ipairs(KEYS) do
    local number, seconds = ARGV[2 * place - 1], ARGV[2 * place]
    found[place] = redis.call("INCRBY", name, number)
    if found[place] == tonumber(number) then redis.call("EXPIRE", name, seconds) end
end
return found
"""


def _add_to_cache(key: str, number: int, seconds: int) -> int:
    try:
        return cache.incr(key, number)
    except ValueError:  # the first of the window, or one that raced with it
        return number if cache.add(key, number, timeout=seconds) else cache.incr(key, number)


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
    if setting == "NOTIFICATIONS":
        _used_up.clear()


setting_changed.connect(_forget)
