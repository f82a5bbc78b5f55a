"""Why a connection ended, and what follows: the end, another credential, or coming back after a while."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from websockets.exceptions import ConnectionClosed

from .errors import ConnectionRefused, InboxForbidden, ProtocolError

BAD_CLIENT, UNAUTHENTICATED, FORBIDDEN = 4400, 4401, 4403
PASSING_STATUSES = (408, 425, 429)
BACKOFF_SECONDS, BACKOFF_MAX_SECONDS = 0.5, 30.0
RETRY_AFTER_MAX_SECONDS = 300.0


@dataclass(frozen=True)
class Ending:
    """``retry_after``: the server wants us back between so many seconds from now."""

    reason: str
    code: int | None = None
    retry_after: tuple[float, float] | None = None

    def delay(self, failures: int) -> float:
        """Seconds to stay away, random so that the clients of a restarted server do not return as one."""
        if self.retry_after is not None:
            return random.uniform(*self.retry_after)
        return random.uniform(0, min(BACKOFF_MAX_SECONDS, BACKOFF_SECONDS * 2 ** min(failures, 10)))


def judged(ending: Ending) -> Ending:
    """The ending, unless it is final: then ConnectionRefused is raised."""
    if ending.code == FORBIDDEN:
        raise InboxForbidden(ending.code, ending.reason)
    if ending.code == BAD_CLIENT:
        raise ProtocolError(ending.code, ending.reason)
    return ending


def of_bye(frame: Mapping[str, Any]) -> Ending:
    """What the server says before it closes."""
    retry_after = frame.get("retry_after")
    if retry_after is not None:
        low, high = sorted(min(max(0.0, float(seconds)), RETRY_AFTER_MAX_SECONDS) for seconds in retry_after)
        return Ending(str(frame["reason"]), int(frame["code"]), (low, high))
    return Ending(str(frame["reason"]), int(frame["code"]))


def of_close(closed: ConnectionClosed) -> Ending:
    """The close frame, or nothing but a link that is gone."""
    if closed.rcvd is None:
        return Ending("connection lost")
    return Ending(closed.rcvd.reason or f"closed with {closed.rcvd.code}", closed.rcvd.code)


def of_status(status: int) -> Ending:
    """A handshake answered by HTTP; raises ConnectionRefused for what asking again does not change."""
    if status < 500 and status not in PASSING_STATUSES:
        raise ConnectionRefused(status, "The server refuses the socket: wrong address, path or origin?")
    return Ending(f"the server answers HTTP {status}")
