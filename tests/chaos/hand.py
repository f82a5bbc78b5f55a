"""The hand of every writer: it draws users and keys, tries until the outcome is known, and keeps the ledger."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, TypeVar

from tests.chaos.devices import Device
from tests.chaos.ledger import PLAIN, TOUCHED, Ledger
from tests.chaos.processes import Engine
from tests.chaos.rest import Unknown, request
from tests.chaos.subscriptions import Subscriptions
from tests.service import Outsider

Result = TypeVar("Result")

TOPIC_KEYS = 400
"""After so many draws there is another topic."""


class Hand:
    """What acts are done with; ``seed`` decides every draw."""

    def __init__(
        self,
        *,
        seed: int,
        ledger: Ledger,
        engines: list[Engine],
        outsiders: Sequence[Outsider],
        devices: Sequence[Device],
        users: Sequence[str],
        strangers: Sequence[str],
        key: str,
        admin_session: str,
    ) -> None:
        self._random = random.Random(f"writers {seed}")
        self._ledger, self._engines, self._outsiders = ledger, engines, list(outsiders)
        self._devices, self._users = list(devices), list(users)
        self._everybody = [*users, *strangers]
        self._subscriptions = Subscriptions(ledger)
        self._seed, self._numbers = seed, count(1)
        self._headers = {"Authorization": f"Bearer {key}"}
        cookie = "c" * 32
        self._admin = {"Cookie": f"sessionid={admin_session}; csrftoken={cookie}"}
        self._csrf = {"csrfmiddlewaretoken": cookie}

    async def _until_known(self, attempt: Callable[[], Awaitable[Result]]) -> Result:
        for failures in count(1):
            try:
                return await attempt()
            except Unknown:
                self._ledger.retried += 1
                await asyncio.sleep(self._random.uniform(0.1, min(3, 0.3 * 2**failures)))
        raise AssertionError("unreachable")

    async def _rest(self, method: str, path: str, body: object) -> tuple[int, Any]:
        return await request(self._engine(), method, path, body, headers=self._headers)

    async def _outside(self, code: str, **values: object) -> Any:
        return await outside(self._random.choice(self._outsiders), code, **values)

    def _expect(self, status: int, *good: int) -> bool:
        self._ledger.statuses[status] += 1
        if status not in good:
            self._ledger.problems.append(f"REST answered {status} where {' or '.join(map(str, good))} was due")
        return status in good

    def _know(self, users: list[str], key: str, identifier: str, ids: list[int]) -> None:
        self._ledger.acknowledge(users, key)
        if identifier == TOUCHED:
            for user, pk in zip(users, ids, strict=True):
                self._ledger.ids[user].append(pk)

    def _roll_back(self, users: list[str], key: str) -> None:
        for user in users:
            self._ledger.rolled_back[user].add(key)

    def _body(self, user: str, key: str, identifier: str) -> dict[str, object]:
        return {
            "user_id": user, "title": key, "identifier": identifier, "dedupe_key": key,
        }  # fmt: skip

    def _engine(self) -> str:
        return self._random.choice(self._engines).address

    def _key(self) -> str:
        return f"{self._seed}-{next(self._numbers)}"

    def _identifier(self) -> str:
        return self._random.choice((PLAIN, PLAIN, TOUCHED))

    def _one(self) -> str:
        return self._random.choice(self._users)

    def _some(self) -> list[str]:
        return self._random.sample(self._users, self._random.randint(min(2, len(self._users)), len(self._users)))

    def _crowd(self) -> list[str]:
        """Of those without a device, too."""
        return self._random.sample(self._everybody, self._random.randint(1, len(self._everybody)))

    def _some_topic(self) -> str:
        """One of three, which are others as time goes: of each fewer subscriptions stay known for certain."""
        return f"topic-{self._seed}-{next(self._numbers) // TOPIC_KEYS + self._random.randrange(3)}"

    def _targets(self, most: int) -> tuple[str, list[int]]:
        user = self._one()
        newest = self._ledger.ids[user][-40:]
        return user, self._random.sample(newest, min(len(newest), self._random.randint(1, most)))


async def outside(outsider: Outsider, code: str, **values: object) -> Any:
    """Have it done by another process; raises Unknown when the database went away meanwhile."""
    try:
        return await outsider.run(code, **values)
    except AssertionError as problem:
        text = str(problem)
        if any(name in text for name in ("OperationalError", "InterfaceError", "PoolTimeout")):
            raise Unknown(text.rpartition("\n")[2]) from None
        raise
