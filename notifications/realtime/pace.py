"""How much a client may ask in how short a time."""

from __future__ import annotations

from collections import Counter
from time import monotonic

from notifications.conf import get_options

BURST = 40
PER_SECOND = 2
ACK_COST = 0.02
"""An ack costs no work: a device may acknowledge every frame of a busy inbox."""
ERRORS_IN_A_ROW = 10
OPENINGS_SECONDS = 10
OPENINGS_SPARE = 100
"""In that time a caller opens to one inbox so many sockets more than a user may hold: each costs a snapshot."""


class Pace:
    """A bucket of 40 commands that fills by 20 in 10 seconds."""

    def __init__(self) -> None:
        self._left: float = BURST
        self._at = monotonic()

    def allows(self, cost: float = 1) -> bool:
        now = monotonic()
        self._left = min(BURST, self._left + (now - self._at) * PER_SECOND)
        self._at = now
        if self._left < cost:
            return False
        self._left -= cost
        return True


class Openings:
    """How many sockets each caller has opened to each inbox lately."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()
        self._since = monotonic()

    def allows(self, name: str, user_id: str) -> bool:
        """Count one more; whether it was one of the first of its time."""
        now = monotonic()
        if now - self._since > OPENINGS_SECONDS:
            self._counted.clear()
            self._since = now
        self._counted[name, user_id] += 1
        return self._counted[name, user_id] <= get_options().MAX_SOCKETS_PER_USER + OPENINGS_SPARE
