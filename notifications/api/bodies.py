"""The body of a request, gathered whole: bounded in size, in time and, over all requests of the process, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from notifications.realtime.eager import begin
from notifications.wire.problems import Problem, Refused

from .problems import RETRY_SECONDS

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_SECONDS = 30
"""For all of it: 1 MiB comes in time over 300 kbit/s."""
GATHERED_MAX = 64 * 1024 * 1024
"""Bytes of bodies whose rest has not come yet. What comes whole does not wait, and does not count."""

_gathered = 0


async def gather(receive: Receive, maximum: int) -> Message:
    """The request in one message, or that its client has left; raises ``Refused``."""
    found: list[Message] = []
    # Nearly always all of it is there already: then there is nothing to time.
    rest = begin(_gather(receive, maximum, found))
    if rest is not None:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                await rest
        except TimeoutError:
            raise Refused(Problem(408)) from None
    return found[0]


async def _gather(receive: Receive, maximum: int, found: list[Message]) -> None:
    global _gathered
    body = bytearray()
    try:
        while True:
            message = await receive()
            piece = message.get("body", b"")
            if len(body) + len(piece) > maximum:
                raise Refused(Problem(413))
            if not message.get("more_body", False):
                break
            body += piece
            _gathered += len(piece)
            if _gathered > GATHERED_MAX:
                detail = "Too many bodies are on their way; try again shortly."
                raise Refused(Problem(503, detail=detail, headers={"Retry-After": RETRY_SECONDS}))
    finally:
        _gathered -= len(body)
    found.append({**message, "body": b"".join((body, piece)) if body else piece})
