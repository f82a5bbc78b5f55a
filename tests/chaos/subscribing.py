"""Subscribing to topics and leaving them, one by one over REST and many at once in Python."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote

from tests.chaos.hand import Hand
from tests.chaos.snippets import SUBSCRIBING

Result = TypeVar("Result")


class Subscribing(Hand):
    """Nobody changes a subscription that another is changing: which of them was the last would not be known."""

    async def _subscription(self) -> None:
        topic, user = self._some_topic(), self._random.choice(self._everybody)
        if not self._subscriptions.settled(topic, [user]):
            return
        come, gone = ([user], []) if self._random.random() < 0.5 else ([], [user])
        path = f"/notifications/topics/{topic}/subscriptions/{quote(user, safe='')}"
        self._subscriptions.begin(topic, [user])
        (status, _), is_first = await self._known(lambda: self._rest("PUT" if come else "DELETE", path, None))
        is_sure = self._expect(status, 204) and is_first
        self._subscriptions.end(topic, come=come, gone=gone, is_sure=is_sure)
        self._ledger.verbs += 1

    async def _come_and_go(self) -> None:
        """Some come, some go, in one transaction."""
        topic = self._some_topic()
        users = self._subscriptions.settled(topic, self._crowd())
        half = len(users) // 2
        come, gone = users[:half], users[half : half + half // 2]
        self._subscriptions.begin(topic, [*come, *gone])
        _, is_sure = await self._known(
            lambda: self._outside(SUBSCRIBING, topic=topic, come=sorted(come), gone=sorted(gone))
        )
        self._subscriptions.end(topic, come=come, gone=gone, is_sure=is_sure)
        self._ledger.verbs += 1

    async def _known(self, attempt: Callable[[], Awaitable[Result]]) -> tuple[Result, bool]:
        """What came of it, and whether of the first attempt."""
        attempts = 0

        async def counted() -> Result:
            nonlocal attempts
            attempts += 1
            return await attempt()

        return await self._until_known(counted), attempts == 1
