"""One inbox as a device holds it: the client algorithm of the protocol, without input or output.

Frames chain: one takes the device from seq ``from`` to seq ``to``. What lies behind is dropped, a gap is asked for with
``sync``, a snapshot replaces everything. A notification is announced once it is known how it stands at the end of what
was missed: read elsewhere meanwhile, it is not announced at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Item = dict[str, Any]
"""A notification in the shape of the protocol."""

CAPACITY = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a frame asks for: ``news`` to announce, in the order of ids; a seq to ``sync`` from if there is a gap."""

    news: tuple[Item, ...] = ()
    sync_since: int | None = None


class Replica:
    """``items`` by id, ``unread`` and ``unseen`` are exact at the cursor ``(epoch, seq)``.

    ``announced`` is the mark: ids up to it are never announced again. With ``history`` the unread ones of the first
    snapshot are announced. The newest ``capacity`` items are kept: who runs for months must not hold an inbox whole.
    """

    def __init__(self, *, history: bool = False, capacity: int = CAPACITY) -> None:
        self.items: dict[int, Item] = {}
        self.epoch: str | None = None
        self.seq = 0
        self.unread = self.unseen = 0
        self.announced = 0
        self._history, self._capacity = history, capacity
        self._unheard: set[int] = set()
        self._newest = self._heard_until = ""

    @property
    def cursor(self) -> tuple[str, int] | None:
        """What to come back with; None before the first snapshot."""
        return None if self.epoch is None else (self.epoch, self.seq)

    def apply(self, frame: Mapping[str, Any]) -> Outcome:
        """Take in one frame of the server; those that say nothing of the inbox change nothing."""
        match frame["type"]:
            case "snapshot":
                return self._replace(frame)
            case "changes":
                return self._advance(frame)
            case "heartbeat":
                return self._compare(frame)
        return Outcome()

    def lacks_older(self, snapshot: Mapping[str, Any]) -> bool:
        """Whether a snapshot ends before it reaches what was announced, so that some in between are in neither."""
        if self.epoch is None or not snapshot["more"]:
            return False
        return all(self.is_unheard(item, snapshot["epoch"]) for item in snapshot["items"])

    def is_unheard(self, item: Mapping[str, Any], epoch: str | None) -> bool:
        """Whether a notification has never been announced nor passed over.

        A restored database counts its ids from a lower one again, so in a new epoch the time of creation tells too:
        what is later is new, and what was archived when the epoch changed is no news when it comes back.
        """
        is_later = epoch != self.epoch and item["created_at"] > self._newest
        return bool(is_later or (item["id"] > self.announced and item["created_at"] > self._heard_until))

    def _replace(self, snapshot: Mapping[str, Any]) -> Outcome:
        epoch: str = snapshot["epoch"]
        items: dict[int, Item] = {item["id"]: item for item in snapshot["items"]}
        if self.epoch is None:
            self._unheard = set(items) if self._history else set()
        else:
            self._unheard = {key for key, item in items.items() if self.is_unheard(item, epoch)}
            if epoch != self.epoch:
                self._heard_until = self._newest
        mark = max(items, default=0)
        self.announced = max(mark, self.announced) if epoch == self.epoch else mark
        self.items, self.epoch, self.seq = items, epoch, snapshot["to"]
        self._count(snapshot)
        self._remember(items.values())
        return self._announce()

    def _advance(self, changes: Mapping[str, Any]) -> Outcome:
        if changes["to"] < self.seq or (changes["to"] == self.seq and changes["more"]):
            return Outcome()
        if changes["to"] == self.seq:
            return self._announce()  # nothing new, but the end of what had more
        if changes["from"] > self.seq:
            return Outcome(sync_since=self.seq)
        for item in changes["items"]:
            if item["seq"] > self.seq:
                self._take(item)
        self.seq = changes["to"]
        self._count(changes)
        return Outcome() if changes["more"] else self._announce()

    def _compare(self, heartbeat: Mapping[str, Any]) -> Outcome:
        if heartbeat["seq"] > self.seq and self.epoch is not None:
            return Outcome(sync_since=self.seq)
        if heartbeat["seq"] == self.seq:
            self._count(heartbeat)
        return Outcome()

    def _take(self, item: Item) -> None:
        key: int = item["id"]
        if item.get("deleted"):
            self.items.pop(key, None)
            return
        if self.is_unheard(item, self.epoch):
            self._unheard.add(key)
        if key not in self.items or item["seq"] > self.items[key]["seq"]:
            self.items[key] = item
            self._remember([item])

    def _announce(self) -> Outcome:
        heard = sorted(self._unheard)
        self._unheard = set()
        news = tuple(self.items[key] for key in heard if key in self.items and _is_news(self.items[key]))
        self.announced = max(self.announced, *heard) if heard else self.announced
        self._forget_old()
        return Outcome(news)

    def _count(self, frame: Mapping[str, Any]) -> None:
        self.unread, self.unseen = frame["unread"], frame["unseen"]

    def _remember(self, items: Iterable[Item]) -> None:
        # Times of the protocol sort as text.
        self._newest = max([self._newest, *(item["created_at"] for item in items)])

    def _forget_old(self) -> None:
        if len(self.items) > self._capacity:
            for key in sorted(self.items)[: -self._capacity]:
                del self.items[key]


def _is_news(item: Item) -> bool:
    return not item["is_read"] and item["archived_at"] is None
