"""Creating through every door: one, many, or refused on purpose."""

from __future__ import annotations

import re

from tests.chaos.hand import Hand
from tests.chaos.ledger import PLAIN
from tests.chaos.rest import Unknown, request
from tests.chaos.snippets import MANY, PYTHON

HOLD_SECONDS = 0.02


class Creating(Hand):
    """Each key is in the ledger before it is tried."""

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
