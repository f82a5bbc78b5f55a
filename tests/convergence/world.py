"""Two inboxes, the devices that watch them, and the comparison of all that they show."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from time import monotonic
from typing import Any

from notifications.actions.access import DEVELOPMENT
from notifications.actions.catch_up import head_of
from notifications.actions.sync import changes_since, snapshot
from notifications.client import Outcome, Replica
from notifications.models import Change, Inbox
from notifications.models.change import Head, Snapshot
from notifications.realtime import broadcast
from notifications.realtime.hub import Hub, get_hub
from notifications.realtime.session import Cursor, Session
from notifications.wire import frames
from tests import ledger

PAGE = 100
PATIENCE_SECONDS = 10


class Watching(Replica):
    """A replica that remembers how far down its last snapshot reached: what is older it holds only once it changed."""

    floor = 0

    def apply(self, frame: Mapping[str, Any]) -> Outcome:
        if frame["type"] == "snapshot":
            self.floor = min(item["id"] for item in frame["items"]) if frame["more"] else 0
        return super().apply(frame)

    def check(self, head: Head, rows: list[dict[str, Any]]) -> None:
        """It stands at the head, counts what the inbox counts, and shows the rows."""
        assert self.cursor == (head.epoch, head.seq)
        assert (self.unread, self.unseen) == (head.unread, head.unseen)
        shown = sorted((item for item in self.items.values() if item["archived_at"] is None), key=lambda i: -i["id"])
        assert [item for item in shown if item["id"] >= self.floor] == [r for r in rows if r["id"] >= self.floor]
        assert all(item in rows for item in shown)


class Live:
    """A device on a real session of a real hub; only the wire is left out."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.replica = Watching()
        self.announced: list[int] = []
        self.session: Session | None = None

    async def connect(self, hub: Hub) -> None:
        """As the consumer does; one that returns brings its cursor."""
        if self.session is not None:
            self.session.leave()
            hub.leave(self.session)
        held = self.replica.cursor
        cursor = None if held is None else Cursor(epoch=held[0], seq=held[1])
        self.session = Session(self.user_id, DEVELOPMENT, self._take, cursor=cursor, page=PAGE)
        await hub.join(self.session)
        self.session.read_on()

    async def _take(self, message: dict[str, Any]) -> None:
        outcome = self.replica.apply(json.loads(message["text"]))
        assert outcome.sync_since is None, "a live device misses nothing"
        self.announced += [item["id"] for item in outcome.news]


class Lossy:
    """A device that loses frames, and asks for what it missed."""

    def __init__(self, user_id: str) -> None:
        self.user_id = user_id
        self.replica = Watching()
        self.announced: list[int] = []
        self.to_lose = 0
        catch_up(self.replica, user_id, limit=500)

    def hear(self, change: Change) -> None:
        if self.to_lose:
            self.to_lose -= 1
            return
        frame = frames.of_change(change)
        if frame is not None:
            self.announced += [item["id"] for item in self.replica.apply(json.loads(frame.text)).news]

    def synced(self, limit: int) -> Watching:
        """What it would hold if it asked now."""
        copy = deepcopy(self.replica)
        catch_up(copy, self.user_id, limit=limit)
        return copy

    def sync(self, limit: int) -> None:
        self.announced += catch_up(self.replica, self.user_id, limit=limit)


class World:
    """What the rules act on. Every example has inboxes of its own in one database."""

    def __init__(self, user_ids: Sequence[str]) -> None:
        self.user_ids = list(user_ids)
        self.loop = asyncio.new_event_loop()
        self.live = {user_id: Live(user_id) for user_id in user_ids}
        self.lossy = {user_id: Lossy(user_id) for user_id in user_ids}
        self._tell = broadcast.tell
        broadcast.tell = self._hear
        for user_id in user_ids:
            self.reconnect(user_id)

    def close(self) -> None:
        broadcast.tell = self._tell

        async def leave() -> None:
            for device in self.live.values():
                if device.session is not None:
                    device.session.leave()
                    get_hub().leave(device.session)
            await asyncio.sleep(0)

        self.loop.run_until_complete(leave())
        self.loop.close()

    def reconnect(self, user_id: str) -> None:
        async def connect() -> None:
            await self.live[user_id].connect(get_hub())

        self.loop.run_until_complete(connect())

    def check(self, limit: int) -> None:
        """All ways to each inbox show the same, and it is what a recount gives."""
        for user_id in self.user_ids:
            head_of(user_id)  # an announcement is counted from the moment somebody looks
            head = ledger.check(user_id)
            self._wait(self.live[user_id].replica, head)
            rows = ledger.active(user_id)
            fresh = Watching()
            fresh.apply(json.loads(frames.of_snapshot(snapshot(user_id, "first", limit=PAGE)).text))
            for replica in (self.live[user_id].replica, self.lossy[user_id].synced(limit), fresh):
                replica.check(head, rows)
            for announced in (self.live[user_id].announced, self.lossy[user_id].announced):
                assert announced == sorted(set(announced)), "announced twice, or out of order"

    def _hear(self, changes: Sequence[Change]) -> None:
        self._tell(changes)
        for change in changes:
            if change.head.user_id in self.lossy:
                self.lossy[change.head.user_id].hear(change)

    def _wait(self, replica: Replica, head: Head) -> None:
        async def wait() -> None:
            deadline = monotonic() + PATIENCE_SECONDS
            while replica.cursor != (head.epoch, head.seq):
                assert monotonic() < deadline, f"the live device stays at {replica.cursor}, the inbox is at {head}"
                await asyncio.sleep(0.001)

        self.loop.run_until_complete(wait())


def catch_up(replica: Replica, user_id: str, *, limit: int) -> list[int]:
    """Ask for changes until there are no more; returns the ids that are announced."""
    announced: list[int] = []
    while True:
        epoch, seq = replica.cursor or (None, 0)
        if epoch is None:
            found: Any = snapshot(user_id, "first", limit=PAGE)
        else:
            found = changes_since(user_id, seq, epoch=epoch, limit=limit, page=PAGE)
        frame = frames.of_snapshot(found) if isinstance(found, Snapshot) else frames.of_changes(found)
        outcome = replica.apply(json.loads(frame.text))
        assert outcome.sync_since is None
        announced += [item["id"] for item in outcome.news]
        if not frame.more:
            return announced


def restore_backup(user_id: str, *, ahead: int) -> None:
    """A device comes with a cursor the database has never reached: the numbering is void, and gets a new epoch."""
    head = Inbox.objects.head(user_id)
    found = changes_since(user_id, head.seq + ahead, epoch=head.epoch)
    assert isinstance(found, Snapshot)
    assert found.reason == "regressed"
    assert found.head.epoch != head.epoch
