"""What a client does not take of its answers: servers keep it for as long as the connection lives."""

from __future__ import annotations

import sys
from asyncio import TimerHandle, get_running_loop
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any

from notifications.conf import get_options


class Unread:
    """While it is watched, nothing is written; who then takes nothing for ``SEND_TIMEOUT_SECONDS`` is cut off.

    A slow client is not, however long it takes.
    """

    __slots__ = ("_timer", "_transport")

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self._timer: TimerHandle | None = None

    def watch(self) -> None:
        if self._timer is None and self._transport.get_write_buffer_size():
            self._wait(self._left())

    def leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, left: int) -> None:
        self._timer = get_running_loop().call_later(get_options().SEND_TIMEOUT_SECONDS, self._look, left)

    def _look(self, before: int) -> None:
        left = self._left()
        if left < before:
            self._wait(left)
        else:
            self._transport.abort()

    def _left(self) -> int:
        """In our buffer, and in the system's, which takes nothing from ours before a good part of it is gone."""
        left: int = self._transport.get_write_buffer_size()
        try:
            waiting = ioctl(self._transport.get_extra_info("socket").fileno(), TIOCOUTQ, bytes(4))
        except OSError:  # a system that does not say
            return left
        return left + int.from_bytes(waiting, sys.byteorder)
