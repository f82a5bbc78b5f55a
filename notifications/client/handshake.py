"""Opening a socket: where to, and with which credential."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from websockets.asyncio.client import connect as websockets_connect
from websockets.typing import Subprotocol

from .errors import CredentialRefused

PROTOCOL = "notifications.v1"
CLOSE_SECONDS = 1.0

# What a sub-protocol may hold (RFC 6455, 4.1: an HTTP token); API keys and user tokens do.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def address(url: str, protocol: str) -> str:
    """The same address for ``ws`` or ``http``, with TLS if it had it."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss", "http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is not an address like ws://localhost:8000 or https://notify.example.com.")
    secure = "s" if parts.scheme in ("wss", "https") else ""
    return f"{protocol}{secure}://{parts.netloc}{parts.path.rstrip('/')}"


class Connect(websockets_connect):
    """A credential goes where it was meant to go: no redirect is followed."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def connect(url: str, token: str | None) -> Connect:
    """To be awaited for the socket."""
    return Connect(
        url,
        subprotocols=_offer(token),
        ping_interval=None,  # the server's heartbeat tells more: a proxy answers pings for a dead server
        close_timeout=CLOSE_SECONDS,
    )


def _offer(token: str | None) -> list[Subprotocol]:
    if token is None:
        return [Subprotocol(PROTOCOL)]
    if not _TOKEN.fullmatch(token):
        raise CredentialRefused(None, "This is no API key and no user token.")
    return [Subprotocol(PROTOCOL), Subprotocol(f"bearer.{token}")]
