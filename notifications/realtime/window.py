"""How much a device may be sent before it acknowledges, when it said that it would (``ack=1``)."""

from __future__ import annotations

from collections import deque

from notifications.wire.frames import Range

UNACKNOWLEDGED_BYTES = 512 * 1024


class Window:
    """What was sent and is not acknowledged yet."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, int]] = deque()
        self.size = 0

    @property
    def is_full(self) -> bool:
        return self.size > UNACKNOWLEDGED_BYTES

    def sent(self, frame: Range) -> None:
        if frame.start is None:
            # A snapshot stands for all before it, whose numbers may have been higher.
            self._waiting.clear()
            self.size = 0
        self._waiting.append((frame.to, len(frame.text)))
        self.size += len(frame.text)

    def acknowledged(self, seq: int) -> None:
        while self._waiting and self._waiting[0][0] <= seq:
            self.size -= self._waiting.popleft()[1]
