"""The options of ``settings.NOTIFICATIONS``: names, types and defaults."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed


@dataclass(frozen=True, kw_only=True)
class Options:
    """One attribute per key of the dict; ``docs/settings.md`` has a line for each."""

    TOKEN_KEYS: dict[str, str] = field(default_factory=dict)
    """kid → secret (≥ 32 bytes) of user tokens; the first signs, all verify. Empty: no user tokens."""

    ALLOWED_ORIGINS: list[str] = field(default_factory=list)
    """Exact origins (``https://app.example.com``) that may open sockets besides the same origin."""

    DEV_OPEN: bool = False
    """Full rights for local requests without a credential; refused without ``DEBUG``."""

    SESSION_INBOX: str | None = "pk"
    """Attribute of the session's user that is its user_id; ``None``: a session has no inbox of its own."""

    TRUSTED_PROXIES: int = 0
    """How many reverse proxies append to ``X-Forwarded-For`` in front of this service."""

    RATE_LIMITS: dict[str, str | None] = field(default_factory=dict)
    """Overrides of ``RATES``: ``{"key": "60000/min", "user": …, "address": …}``; ``None`` lifts one."""

    EXPRESS: bool = False
    """Answer hot calls with a bearer credential in front of Django, past the project's middlewares."""

    GROUP_COMMIT: bool = False
    """Let requests that come at the same time share the look for the API key, the round to the cache and, where they
    create, a transaction. Not where the connection of a request has a state of its own (a tenant's search_path)."""

    MAX_SOCKETS_PER_USER: int = 20
    """Sockets one user may hold in one process; the next is closed with 4429."""

    MAX_SOCKETS: int = 20_000
    """Sockets one process holds; the next is closed with 4013."""

    HEARTBEAT_SECONDS: float = 25
    """Silence on a socket after which the server says where it stands."""

    SWEEP_SECONDS: float = 1
    """How often the positions of connected users are compared with the database."""

    SEND_TIMEOUT_SECONDS: float = 30
    """How long a reader may leave its socket full, or 512 KiB unacknowledged with ``ack=1`` (4408)."""

    REVALIDATE_SECONDS: float = 30
    """How often the credentials of open sockets are checked again (at most 60)."""

    EXPIRY_SECONDS: float = 1
    """How often due notifications are expired (at most 5)."""

    OPEN_TOPICS: list[str] = field(default_factory=list)
    """Topics that users may subscribe to and leave by themselves. The others are a back end's."""

    RETENTION: dict[str, int | str | None] = field(default_factory=dict)
    """identifier, or ``"prefix*"``, or ``"*"`` → days (``90`` or ``"90d"``) until ``purge_notifications`` deletes."""

    TOMBSTONE_DAYS: int = 30
    """How long deleted notifications leave a trace for devices that were away (at least 1)."""

    ADMIN_BELL: bool = False
    """The bell in the admin, for staff whose session has an inbox of its own (``SESSION_INBOX``)."""


RATES = {"key": "60000/min", "user": "3000/min", "address": "30000/min"}


PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_RATE = re.compile(r"([0-9]{1,12})/([smhd])[a-z]*")


@cache
def parse_rate(text: str) -> tuple[int, int]:
    """``"600/min"`` as (600, 60 seconds); also per s, h and d. Raises ImproperlyConfigured."""
    match = _RATE.fullmatch(text)
    if match is None:
        raise ImproperlyConfigured(f"{text!r} is no rate such as 600/min.")
    return int(match[1]), PERIODS[match[2]]


DAYS_MAX = 36_500
_DAYS = re.compile(r"([0-9]{1,5})d?")


def parse_days(value: object) -> int:
    """``90``, ``"90"`` and ``"90d"`` as 90 days; raises ImproperlyConfigured for anything but 1 to 36,500."""
    match = None if isinstance(value, bool) else _DAYS.fullmatch(str(value))
    if match is None or not 1 <= int(match[1]) <= DAYS_MAX:
        raise ImproperlyConfigured(f"{value!r} is no number of days such as 90d.")
    return int(match[1])


def get_options() -> Options:
    """The options in force; raises ImproperlyConfigured for an unknown key."""
    return _read()


@cache
def _read() -> Options:
    given: dict[str, Any] = getattr(django_settings, "NOTIFICATIONS", {})
    known = {item.name for item in fields(Options)}
    if unknown := sorted(set(given) - known):
        raise ImproperlyConfigured(
            f"NOTIFICATIONS has unknown keys: {', '.join(unknown)}. Known: {', '.join(sorted(known))}."
        )
    return Options(**given)


def _forget(*, setting: str, **_: object) -> None:
    if setting == "NOTIFICATIONS":
        _read.cache_clear()


setting_changed.connect(_forget)
