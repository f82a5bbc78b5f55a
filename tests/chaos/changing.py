"""Changing what is there through every door: read, seen, archived, deleted, and back."""

from __future__ import annotations

import asyncio

from notifications.client import InboxError
from tests.chaos.hand import Hand
from tests.chaos.ledger import TOUCHED
from tests.chaos.rest import request
from tests.chaos.snippets import QUERYSET

COMMAND_SECONDS = 5


class Changing(Hand):
    """Only what may be touched, except to see it."""

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
