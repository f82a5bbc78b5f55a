"""Telling a lost hint from one that is only late, for the count of what the sweep had to repair."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from weakref import ref

from notifications import metrics

from .subscription import shared_layer

if TYPE_CHECKING:
    from .session import Session

GRACE_SECONDS = 1
"""A hint still under way after this is as good as lost: its publisher has given up by then."""


class Repairs:
    """The sockets that a sweep found behind, until it is known whether a hint came after all."""

    def __init__(self) -> None:
        # Weakly: when the last socket leaves there is no further round that would let go of them.
        self._found: deque[tuple[float, ref[Session]]] = deque()

    def found(self, session: Session, position: tuple[str, int] | None, now: float) -> None:
        """A sweep at ``now`` moves this socket, whose inbox stood at ``position`` (epoch, seq).

        One that reads already, or is further by now, was moved by something else.
        """
        if position is None or not session.is_at_rest:
            return
        if position[0] != session.head.epoch or position[1] > session.head.seq:
            self._found.append((now, ref(session)))

    def judge(self, now: float) -> None:
        """Count those of a grace ago that no hint has reached since."""
        while self._found and now - self._found[0][0] >= GRACE_SECONDS:
            at, found = self._found.popleft()
            session = found()
            if session is not None and session.hinted_at < at:
                metrics.sweep_repairs["no_layer" if shared_layer() is None else "lost"].inc()
