"""Which request or socket the running code works for: an id for every log line, and who asked.

``notifications.ops.access_log`` begins a trace. asgiref carries it into the threads of requests, ``realtime.threads``
into those of sockets.
"""

from __future__ import annotations

import hashlib
import re
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from random import getrandbits

from django.conf import settings

HEADER = b"x-request-id"
_ACCEPTABLE = re.compile(rb"[A-Za-z0-9._:=+/@-]{1,64}")


@dataclass(slots=True)
class Trace:
    """``credential``: kind and id of what proved the caller, never a secret; set where that is known."""

    request_id: str
    credential: str | None = None


current: ContextVar[Trace | None] = ContextVar("notifications_trace", default=None)


def begin(headers: list[tuple[bytes, bytes]]) -> Trace:
    """The trace of a request with these headers: with the id it brings, if that is harmless, or a new one."""
    for name, value in headers:
        if name == HEADER and _ACCEPTABLE.fullmatch(value):
            return Trace(value.decode())
    return Trace(f"{getrandbits(64):016x}")


def note_caller(kind: str, name: str) -> None:
    """Remember who asks. An API key's name is its number; what follows the colon of any other may be personal."""
    trace = current.get()
    if trace is not None:
        trace.credential = name if kind in ("api_key", "development") else f"{kind}:{pseudonym(name.partition(':')[2])}"


@cache
def _key() -> bytes:
    return hashlib.sha256(f"log pseudonyms {settings.SECRET_KEY}".encode()).digest()


def pseudonym(text: str) -> str:
    """What stands for a user_id in logs: the same everywhere, and only told from it with ``SECRET_KEY``.

    A plain hash would not do: the user_ids of most products are numbers, which are quickly tried.
    """
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=_key(), digest_size=6).hexdigest()
