"""Where a request comes from, told by its address and headers; no rule here looks at a credential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import HttpHeaders, split_domain_port, validate_host

from notifications.conf import get_options

FORWARDING = ("forwarded", "x-real-ip", "via")
DEFAULT_PORTS = {"http": 80, "https": 443}
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """``peer`` is the address of the TCP connection; ``headers`` have lower-case names."""

    peer: str | None
    secure: bool
    headers: Mapping[str, str]

    @classmethod
    def of_request(cls, request: HttpRequest) -> Caller:
        headers = {name.lower(): value for name, value in request.headers.items()}
        return cls(peer=request.META.get("REMOTE_ADDR"), secure=request.is_secure(), headers=headers)

    @property
    def origin(self) -> str | None:
        return self.headers.get("origin")

    @property
    def host(self) -> str:
        return self.headers.get("host", "")

    @property
    def is_forwarded(self) -> bool:
        return any(name in FORWARDING or name.startswith("x-forwarded-") for name in self.headers)

    @property
    def is_same_origin(self) -> bool:
        """The Origin is the scheme, host and port that were asked for."""
        asked = _origin(f"{'https' if self.secure else 'http'}://{self.host}")
        return asked is not None and self.origin is not None and _origin(self.origin) == asked

    @property
    def has_known_host(self) -> bool:
        """The Host is one this service answers for; a rebound DNS name is not."""
        allowed = settings.ALLOWED_HOSTS or (LOCAL_HOSTS if settings.DEBUG else ())
        return _is_among(self.host, tuple(allowed))

    @property
    def may_open_sockets(self) -> bool:
        """The Origin is absent, the same or allowed by the settings."""
        if not self.has_known_host:
            return False
        return self.origin is None or self.is_same_origin or self.origin in get_options().ALLOWED_ORIGINS

    @property
    def is_trusted_developer(self) -> bool:
        """Development mode: this machine, asked for by its local name, through no proxy, from no other site."""
        return (
            get_options().DEV_OPEN
            and settings.DEBUG
            and _is_loopback(self.peer)
            and _is_loopback_name(self.host)
            and not self.is_forwarded
            and (self.origin is None or self.is_same_origin)
        )


def https_header() -> tuple[str, str] | None:
    """The header, in lower case, and its value, by which a trusted proxy says that it was asked by https."""
    key, value = settings.SECURE_PROXY_SSL_HEADER or ("", "")
    name = HttpHeaders.parse_header_name(key)
    return None if name is None else (name.lower(), value)


@lru_cache(maxsize=64)
def _is_among(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


def _origin(text: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(text)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path or parts.query or parts.username:
        return None
    return parts.scheme, parts.hostname, port


def _is_loopback(address: str | None) -> bool:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    return (getattr(parsed, "ipv4_mapped", None) or parsed).is_loopback


def _is_loopback_name(host: str) -> bool:
    domain, _ = split_domain_port(host)
    return domain == "localhost" or domain.endswith(".localhost") or _is_loopback(domain.strip("[]"))
