"""One socket's line: saying something over it, and ending it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

from notifications import metrics
from notifications.conf import get_options
from notifications.wire import frames
from notifications.wire.codes import Close

from .eager import Rest, begin
from .tasks import keep
from .waiting import Gate

logger = logging.getLogger("notifications.realtime")

Send = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
GOODBYE_SECONDS = 3
ABORT_SECONDS = 15
"""After the close: Uvicorn waits 10 for the client's part of it, then for ever until its last bytes are taken."""


def abort_later(abort: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_later(ABORT_SECONDS, abort)


class Line:
    """``send`` passes an ASGI message on; ``abort`` cuts the connection without waiting for the server's buffer."""

    def __init__(self, send: Send, abort: Callable[[], object]) -> None:
        self._send_message, self._abort = send, abort
        self.closed: Close | None = None
        self.close_code: int | None = None
        """What the socket ended with, by whichever side."""
        self.sent_at = monotonic()
        self.is_ready = Gate()
        """Set once the device has its position, or will have none: no answer overtakes the welcome."""

    async def say(self, text: str) -> None:
        """Send one frame; a reader that does not take it in time is closed with 4408."""
        if self.closed is None and (rest := self._hand_over(text)) is not None:
            await self._wait(rest, text)

    def _hand_over(self, text: str) -> Rest | None:
        """Give a frame to the server, which takes it at once if the reader keeps up; else what is to be awaited."""
        try:
            rest = begin(self._send_message({"type": "websocket.send", "text": text}))
        except Exception as problem:
            self._vanished(problem)
            return None
        if rest is None:
            self._sent(text)
        return rest

    async def _wait(self, rest: Rest, text: str) -> None:
        try:
            async with asyncio.timeout(get_options().SEND_TIMEOUT_SECONDS):
                await rest
        except TimeoutError:
            await self.close(Close.TOO_SLOW, "too_slow")
        except Exception as problem:
            self._vanished(problem)
        else:
            self._sent(text)

    def _sent(self, text: str) -> None:
        self.sent_at = monotonic()
        metrics.frames_sent[frames.type_of(text)].inc()

    def _vanished(self, problem: Exception) -> None:
        # The server's way to say that the socket has gone; the consumer is told next.
        logger.debug("A socket went away while it was sent to.", exc_info=problem)
        self.lose(1006)

    async def close(self, code: Close, reason: str, retry_after: tuple[float, float] | None = None) -> None:
        """Say why in a frame (servers drop the close reason), then close. Doing it twice is harmless."""
        if self.closed is not None:
            return
        self.closed = code
        self.is_ready.set()
        self.close_code = code
        metrics.sockets_closed[code].inc()
        metrics.frames_sent["bye"].inc()
        try:
            for message in (
                {"type": "websocket.send", "text": frames.bye(code, reason, retry_after)},
                {"type": "websocket.close", "code": int(code)},
            ):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await self._send_message(message)
        except Exception:
            # Gone, or stuck: Uvicorn would wait for such a reader as long as its TCP connection lives.
            logger.debug("A socket did not take the goodbye.", exc_info=True)
            self._abort()
        else:
            abort_later(self._abort)
        self._stop()

    def end(self, code: Close, reason: str, retry_after: tuple[float, float] | None = None) -> None:
        """``close`` for callers that do not wait."""
        keep(asyncio.ensure_future(self.close(code, reason, retry_after)))

    def lose(self, code: int) -> None:
        """The client, or the network, ended the socket."""
        if self.closed is None:
            self.close_code = code
            metrics.sockets_closed[code].inc()
        self.leave()

    def leave(self) -> None:
        """The socket is gone."""
        self.closed = self.closed or Close.RESTART
        self.is_ready.set()
        self._stop()

    def _stop(self) -> None:
        """End what still works for this socket, but for the task that asks."""
