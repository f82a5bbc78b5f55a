"""What an idle socket waits with: asyncio keeps queues of waiters, a sixth of what such a socket costs."""

from __future__ import annotations

import asyncio
from typing import Any


class Gate:
    """``asyncio.Event``, made when somebody has to wait."""

    __slots__ = ("_event", "_is_open")

    def __init__(self, *, is_open: bool = False) -> None:
        self._is_open = is_open
        self._event: asyncio.Event | None = None

    def is_set(self) -> bool:
        return self._is_open

    def set(self) -> None:
        self._is_open = True
        if self._event is not None:
            self._event.set()
            self._event = None

    def clear(self) -> None:
        self._is_open = False

    async def wait(self) -> None:
        """Until it is opened, even if it is closed again at once."""
        if not self._is_open:
            self._event = self._event or asyncio.Event()
            await self._event.wait()


class Mailbox:
    """``asyncio.Queue`` without bounds, for one reader."""

    __slots__ = ("_messages", "_news")

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._news: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self._messages)

    def empty(self) -> bool:
        return not self._messages

    def put_nowait(self, message: Any) -> None:
        self._messages.append(message)
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def get(self) -> Any:
        while not self._messages:
            self._news = asyncio.get_running_loop().create_future()
            try:
                await self._news
            finally:
                self._news = None
        return self._messages.pop(0)
