"""Writers through every door, who retry with the same key until they know what came of it."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any, TypeVar

from notifications.client import InboxError
from tests.chaos.devices import Device
from tests.chaos.ledger import PLAIN, TOUCHED, Ledger
from tests.chaos.processes import Engine
from tests.chaos.rest import Unknown, request
from tests.chaos.snippets import FLOOD, MANY, PYTHON, QUERYSET
from tests.service import Outsider

Result = TypeVar("Result")

COMMAND_SECONDS = 5
IN_FLIGHT = 48
"""Acts that may be under way at once: more would only wait for each other."""
HOLD_SECONDS = 0.02
ANNOUNCEMENTS = "/notifications/announcements"
HEAVY = "x" * 3900

USUAL = {
    "rest_one": 30, "rest_batch": 6, "rest_refused": 3, "python_one": 12, "python_many": 6, "python_refused": 5,
    "admin_one": 3, "announcement": 2, "list": 2, "rest_verb": 12, "rest_mark": 8, "python_verb": 6, "admin_verb": 4,
    "device_verb": 6, "seen": 4,
}  # fmt: skip


class Writers:
    """``rate`` acts a second, drawn from ``weights``; each is in the ledger before it is tried."""

    def __init__(
        self,
        *,
        seed: int,
        ledger: Ledger,
        engines: list[Engine],
        outsiders: Sequence[Outsider],
        devices: Sequence[Device],
        users: Sequence[str],
        key: str,
        admin_session: str,
        weights: dict[str, float] | None = None,
    ) -> None:
        self._random = random.Random(f"writers {seed}")
        self._ledger, self._engines, self._outsiders = ledger, engines, list(outsiders)
        self._devices, self._users = list(devices), list(users)
        self._seed, self._numbers = seed, count(1)
        self._headers = {"Authorization": f"Bearer {key}"}
        cookie = "c" * 32
        self._admin = {"Cookie": f"sessionid={admin_session}; csrftoken={cookie}"}
        self._csrf = {"csrfmiddlewaretoken": cookie}
        chosen = weights or USUAL
        self._acts = [getattr(self, f"_{name}") for name in chosen]
        self._weights = list(chosen.values())
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, *, rate: float, seconds: float, stop: Callable[[], bool] = lambda: False) -> None:
        """Begin ``rate`` acts a second for so long; they may go on when it returns."""
        loop = asyncio.get_running_loop()
        next_at, end = loop.time(), loop.time() + seconds
        while loop.time() < end and not stop():
            while len(self._running) >= IN_FLIGHT:
                await asyncio.wait(list(self._running), return_when=asyncio.FIRST_COMPLETED)
            act = self._random.choices(self._acts, self._weights)[0]
            task = asyncio.create_task(act())
            self._running.add(task)
            task.add_done_callback(self._done)
            next_at = max(next_at + 1 / rate, loop.time() - 1)
            await asyncio.sleep(max(0, next_at - loop.time()))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            self._ledger.problems.append(f"a writer failed: {problem!r}")

    async def settled(self, *, seconds: float) -> None:
        """Wait until every outcome is known."""
        if self._running:
            _, pending = await asyncio.wait(list(self._running), timeout=seconds)
            if pending:
                self._ledger.problems.append(f"{len(pending)} writers never learned what came of it")

    async def cancel(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def write_to(self, user: str, *, identifier: str = PLAIN) -> None:
        """One notification by Python, straight to the database."""
        await self._python([user], identifier=identifier)

    async def flood(self, user: str, *, count: int, is_heavy: bool) -> None:
        """Many at once; then some of the first are seen, which numbers them after the last."""
        keys = [self._key() for _ in range(count)]
        for key in keys:
            self._ledger.ask([user], key)
        values = {"user": user, "keys": keys, "identifier": PLAIN, "text": HEAVY if is_heavy else ""}
        await self._until_known(lambda: self._outside(FLOOD, **values))
        for key in keys:
            self._ledger.acknowledge([user], key)

    # Creating ---------------------------------------------------------------------------------------------------

    async def _rest_one(self) -> None:
        user, key, identifier = self._one(), self._key(), self._identifier()
        self._ledger.ask([user], key)
        await self._post(user, key, identifier)

    async def _post(self, user: str, key: str, identifier: str) -> None:
        body = self._body(user, key, identifier)
        status, answer = await self._until_known(lambda: self._rest("POST", "/notifications/", body))
        if self._expect(status, 200, 201):
            self._know([user], key, identifier, [answer["id"]])

    async def _rest_batch(self) -> None:
        users, key, identifier = self._some(), self._key(), self._identifier()
        self._ledger.ask(users, key)
        body = {"notifications": [self._body(user, key, identifier) for user in users]}
        status, answer = await self._until_known(lambda: self._rest("POST", "/notifications/batch", body))
        if self._expect(status, 201):
            self._know(users, key, identifier, answer["ids"])

    async def _rest_refused(self) -> None:
        """All or nothing: the last one is no notification."""
        users, key = self._some(), self._key()
        self._roll_back(users, key)
        items = [self._body(user, key, PLAIN) for user in users]
        items[-1] = {**items[-1], "priority": "none"}
        status, _ = await self._until_known(
            lambda: self._rest("POST", "/notifications/batch", {"notifications": items})
        )
        self._expect(status, 400)

    async def _python_one(self) -> None:
        await self._python(self._some()[:2] if self._random.random() < 0.2 else [self._one()])

    async def _python(self, users: list[str], *, identifier: str | None = None) -> None:
        key, identifier = self._key(), identifier or self._identifier()
        self._ledger.ask(users, key)
        ids = await self._until_known(
            lambda: self._outside(
                PYTHON, users=users, key=key, identifier=identifier, text="", is_refused=False,
                hold=self._random.uniform(0, HOLD_SECONDS),
            )
        )  # fmt: skip
        self._know(users, key, identifier, ids)

    async def _python_refused(self) -> None:
        users, key = self._some()[:2], self._key()
        self._roll_back(users, key)
        values = {"users": users, "key": key, "identifier": PLAIN, "text": "", "is_refused": True, "hold": 0.02}
        await self._until_known(lambda: self._outside(PYTHON, **values))

    async def _python_many(self) -> None:
        users, key, identifier = self._some(), self._key(), self._identifier()
        self._ledger.ask(users, key)
        values = {"users": users, "key": key, "identifier": identifier, "text": ""}
        await self._until_known(lambda: self._outside(MANY, **values))
        self._ledger.acknowledge(users, key)

    async def _announcement(self) -> None:
        """To everyone: known once it is accepted, whoever takes it in."""
        key = self._key()
        self._ledger.for_everyone.add(key)
        status, _ = await self._announce({"audience": "everyone", "title": key, "identifier": PLAIN})
        if self._expect(status, 202):
            self._ledger.acknowledge(self._users, key)

    async def _list(self) -> None:
        """Known once the last part is delivered, by whichever server lives that long."""
        users, key = self._some(), self._key()
        self._ledger.ask(users, key)
        status, answer = await self._announce({"user_ids": users, "title": key, "identifier": PLAIN})
        if not self._expect(status, 202):
            return
        path, delivered = f"{ANNOUNCEMENTS}/{answer['id']}", -1
        while delivered < len(users):
            await asyncio.sleep(0.2)
            _, told = await self._until_known(lambda: self._rest("GET", path, None))
            delivered = told["delivered"]
        self._ledger.acknowledge(users, key)

    async def _announce(self, body: dict[str, object]) -> tuple[int, Any]:
        headers = {**self._headers, "Idempotency-Key": str(body["title"])}

        async def attempt() -> tuple[int, Any]:
            status, answer = await request(self._engine(), "POST", ANNOUNCEMENTS, body, headers=headers)
            if status == 409:  # the first attempt is not answered yet, or died
                raise Unknown("409")
            return status, answer

        return await self._until_known(attempt)

    async def _admin_one(self) -> None:
        user, key = self._one(), self._key()
        self._ledger.ask([user], key)
        form = {**self._csrf, "user_id": user, "title": key, "identifier": PLAIN, "dedupe_key": key, "data": "{}"}
        form |= {"description": "", "priority": "normal", "action_url": "", "expires_at_0": "", "expires_at_1": ""}
        path = "/admin/notifications/notification/add/"
        try:
            status, page = await request(self._engine(), "POST", path, form=form, headers=self._admin)
        except Unknown:
            self._ledger.retried += 1
            await self._post(user, key, PLAIN)  # a person would look whether it is there
        else:
            if status == 200 and b"dedupe" in page and (b"already exists" in page or b"is violated" in page):
                await self._post(user, key, PLAIN)  # it was stored, and then the link to the database broke
            elif status == 200:  # the form came back with another complaint
                texts = re.findall(rb'class="error[^"]*"[^>]*>(.*?)</', page, re.DOTALL)
                self._ledger.problems.append(f"the admin's form complains: {texts[:3]}")
            elif self._expect(status, 302):
                self._ledger.acknowledge([user], key)

    # Changing ---------------------------------------------------------------------------------------------------

    async def _rest_verb(self) -> None:
        user, ids = self._targets(1)
        if not ids:
            return
        method, body = self._random.choice([
            ("PUT", None), ("PUT", {"is_read": False}), ("PATCH", {"is_archived": True}),
            ("PATCH", {"is_archived": False}), ("PATCH", {"is_seen": True}), ("DELETE", None),
        ])  # fmt: skip
        status, _ = await self._until_known(lambda: self._rest(method, f"/notifications/{ids[0]}", body))
        if self._expect(status, 200, 204, 404):
            self._ledger.verbs += 1
            if method == "DELETE":
                self._ledger.deleted[user].add(ids[0])

    async def _rest_mark(self) -> None:
        """Mark-all, or some; nothing but what may be touched."""
        user, ids = self._targets(20)
        action = self._random.choice(["read", "unread", "archive", "unarchive", "read", "delete"])
        body: dict[str, object] = {"action": action, "identifier": TOUCHED}
        if ids and self._random.random() < 0.7:
            body = {"action": action, "ids": ids}
        elif action == "delete":
            return
        path = f"/notifications/{user}/mark"
        status, _ = await self._until_known(lambda: self._rest("POST", path, body))
        if self._expect(status, 200):
            self._ledger.verbs += 1
            if action == "delete":
                self._ledger.deleted[user].update(ids)

    async def _seen(self) -> None:
        """Of everything: what is seen is still news to who has not heard of it."""
        path = f"/notifications/{self._one()}/mark"
        status, _ = await self._until_known(lambda: self._rest("POST", path, {"action": "seen"}))
        self._ledger.verbs += self._expect(status, 200)

    async def _python_verb(self) -> None:
        user, ids = self._targets(10)
        verb = self._random.choice(["mark_read", "mark_unread", "archive", "unarchive", "mark_seen"])
        await self._until_known(lambda: self._outside(QUERYSET, user=user, ids=ids, verb=verb))
        self._ledger.verbs += 1

    async def _admin_verb(self) -> None:
        _, ids = self._targets(10)
        if not ids:
            return
        form = {**self._csrf, "action": self._random.choice(["mark_read", "mark_unread", "archive", "unarchive"])}
        form |= {"_selected_action": ids, "index": "0"}
        path = "/admin/notifications/notification/"
        status, _ = await self._until_known(
            lambda: request(self._engine(), "POST", path, form=form, headers=self._admin)
        )
        self._ledger.verbs += self._expect(status, 302)

    async def _device_verb(self) -> None:
        """A person with the device in hand; who gives up after a while."""
        if not self._devices:
            return
        device = self._random.choice(self._devices)
        ids = self._ledger.ids[device.user][-5:]
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                await device.mark(self._random.choice(["read", "unread", "archive", "seen"]), ids)
        except (TimeoutError, InboxError):
            return
        self._ledger.verbs += 1

    # Doing it ---------------------------------------------------------------------------------------------------

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
