"""The end of a server process: every socket is told to come back, spread over a few seconds."""

from __future__ import annotations

SPREAD_SECONDS = 3.0
PER_SECOND = 500
FINISH_SECONDS = 10
"""How long requests that are being answered may take."""


async def say_goodbye() -> None:
    """``bye`` and 4012 to each socket of the running loop's hub; a few sockets need no spreading."""
    from notifications.realtime.hub import get_hub

    hub = get_hub()
    await hub.drain(spread_seconds=min(SPREAD_SECONDS, hub.count / PER_SECOND))
