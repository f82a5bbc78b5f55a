"""Room for a few at a time, of whom nobody waits for those who do not get on."""

from __future__ import annotations

import asyncio
from collections import deque


class Stuck(Exception):
    """Those who have the room wait for something themselves."""


class Slots:
    """``async with`` takes one. Who waits gets one in his turn; or Stuck, once none was given back for ``seconds``."""

    def __init__(self, number: int, *, seconds: float) -> None:
        self._free, self._seconds = number, seconds
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._patience: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._be_patient()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:  # it had come just then
                self._give_back()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    def _give_back(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                break
        else:
            self._free += 1
        if self._waiting:
            self._be_patient()

    def _be_patient(self) -> None:
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(self._seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        self._patience = None
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(Stuck())
