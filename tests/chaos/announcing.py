"""Announcing to everyone, to lists and to topics, correcting it and taking it back while it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

from tests.chaos.hand import Hand
from tests.chaos.ledger import PLAIN
from tests.chaos.rest import Unknown, request
from tests.chaos.snippets import ANNOUNCE, TOPIC_REFUSED

ANNOUNCEMENTS = "/notifications/announcements"
CHANGED = 0.3
"""The share that is corrected, and of all the share that is taken back."""
EARLY_SECONDS = 0.3
PAUSES = (0.2, 0.4, 0.8, 1.6)
"""Seconds between the looks how far a delivery has come: many writers wait while a server is down."""

Accepted = dict[str, Any] | None
"""Its ``id`` and how many ``recipients`` it has; None when it is not known whether it was accepted."""
Door = Callable[[str, dict[str, Any]], Awaitable[Accepted]]


class Announcing(Hand):
    """The title of an announcement is its key. What is taken back before it is delivered need not have come."""

    async def _announcement(self) -> None:
        """To everyone: known once it is accepted, whoever takes it in."""
        key = self._key()
        self._ledger.for_everyone.add(key)
        accepted = await self._announce("everyone", {"audience": "everyone", "title": key})
        if accepted and not await self._change(accepted["id"], key):
            self._ledger.acknowledge(self._users, key)

    async def _list(self) -> None:
        await self._to_list(self._announce)

    async def _python_list(self) -> None:
        await self._to_list(self._announce_in_python)

    async def _to_list(self, announce: Door) -> None:
        users, key = self._crowd(), self._key()
        self._ledger.ask(users, key)
        accepted = await announce("list", {"user_ids": users, "title": key})
        if accepted:
            await self._follow(accepted, key, users)

    async def _topic(self) -> None:
        await self._to_topic(self._announce)

    async def _python_topic(self) -> None:
        await self._to_topic(self._announce_in_python)

    async def _to_topic(self, announce: Door) -> None:
        """Whoever is subscribed while it is published must get it; whose subscription changes meanwhile may."""
        topic, key = self._some_topic(), self._key()
        publication = self._subscriptions.publish(topic, key)
        accepted = await announce("topic", {"topic": topic, "title": key})
        due = self._subscriptions.published(publication)
        if not accepted:
            return
        may = sum(self._ledger.may_exist(user, key) for user in self._everybody)
        if not len(due) <= accepted["recipients"] <= may:
            self._ledger.problems.append(f"{key} has {accepted['recipients']} recipients, not {len(due)} to {may}")
        await self._follow(accepted, key, due)

    async def _topic_refused(self) -> None:
        """Announced, and all unsubscribed, in a transaction that is rolled back: nobody gets it, and all stay."""
        topic, key = self._some_topic(), self._key()
        self._roll_back(self._everybody, key)
        users = sorted(self._subscriptions.subscribed(topic))
        with suppress(Unknown):  # it is rolled back all the same
            await self._outside(TOPIC_REFUSED, topic=topic, users=users, key=key, identifier=PLAIN, hold=0.02)

    async def _follow(self, accepted: dict[str, Any], key: str, due: list[str]) -> None:
        """Known once the last part is delivered, by whichever server lives that long."""
        is_early = self._random.random() < 0.5
        is_retracted = False
        if is_early:
            await asyncio.sleep(self._random.uniform(0, EARLY_SECONDS))
            is_retracted = await self._change(accepted["id"], key)
        path, delivered = f"{ANNOUNCEMENTS}/{accepted['id']}", 0
        pauses = chain(PAUSES, repeat(PAUSES[-1]))
        while delivered < accepted["recipients"]:
            await asyncio.sleep(next(pauses))
            _, told = await self._until_known(lambda: self._rest("GET", path, None))
            delivered = told["delivered"]
        if not is_retracted:
            self._ledger.acknowledge(due, key)
        if not is_early:
            await self._change(accepted["id"], key)

    async def _change(self, pk: int, key: str) -> bool:
        """Correct it, take it back, both or neither; whether it was taken back."""
        path = f"{ANNOUNCEMENTS}/{pk}"
        if self._random.random() < CHANGED:
            body = {"description": f"{key}, corrected"}
            status, _ = await self._until_known(lambda: self._rest("PATCH", path, body))
            if self._expect(status, 200):
                self._ledger.edited[key] = body["description"]
        if self._random.random() >= CHANGED:
            return False
        status, _ = await self._until_known(lambda: self._rest("DELETE", path, None))
        if self._expect(status, 204):
            self._ledger.retracted.add(key)
        return True

    async def _announce(self, whom: str, body: dict[str, Any]) -> Accepted:
        headers = {**self._headers, "Idempotency-Key": str(body["title"])}
        body = {**body, "identifier": PLAIN}

        async def attempt() -> tuple[int, Any]:
            status, answer = await request(self._engine(), "POST", ANNOUNCEMENTS, body, headers=headers)
            if status == 409:  # the first attempt is not answered yet, or died
                raise Unknown("409")
            return status, answer

        status, answer = await self._until_known(attempt)
        if not self._expect(status, 202):
            return None
        self._ledger.announced[whom] += 1
        accepted: dict[str, Any] = answer
        return accepted

    async def _announce_in_python(self, whom: str, body: dict[str, Any]) -> Accepted:
        """Once: there is no key by which a second attempt would be known as the same."""
        values = {"users": body.get("user_ids"), "topic": body.get("topic"), "key": body["title"], "identifier": PLAIN}
        try:
            accepted: dict[str, Any] = await self._outside(ANNOUNCE, **values)
        except Unknown:
            return None
        self._ledger.announced[whom] += 1
        return accepted
