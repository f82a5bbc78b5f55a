"""How much a client may ask of one socket."""

from __future__ import annotations

from time import monotonic

BURST = 40
PER_SECOND = 2
ACK_COST = 0.02
"""An ack costs no work: a device may acknowledge every frame of a busy inbox."""
ERRORS_IN_A_ROW = 10


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
