"""Who is subscribed to which topic, as far as it is known, and who must and who may get what is announced to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tests.chaos.ledger import Ledger


@dataclass(eq=False)
class Publication:
    """On its way: at which moment between request and answer it is published is not known."""

    topic: str
    key: str
    due: set[str]
    """Subscribed all the while."""


class Subscriptions:
    """Told of every change before it is tried and when its outcome is known; one change of a pair at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._subscribed: dict[str, set[str]] = defaultdict(set)
        self._open: dict[str, set[str]] = defaultdict(set)
        """Being changed, or doubtful."""
        self._doubtful: dict[str, set[str]] = defaultdict(set)
        """For good: an attempt whose outcome was never told may still do what it was sent for."""
        self._changing: dict[str, set[str]] = defaultdict(set)
        self._publications: list[Publication] = []

    def settled(self, topic: str, users: Iterable[str]) -> list[str]:
        """Those of ``users`` whom nobody is subscribing or unsubscribing."""
        return [user for user in users if user not in self._changing[topic]]

    def subscribed(self, topic: str) -> set[str]:
        """For certain."""
        return self._subscribed[topic] - self._open[topic]

    def begin(self, topic: str, users: Iterable[str]) -> None:
        """Whether they are subscribed is open from now on."""
        changing = [*users]
        self._changing[topic].update(changing)
        self._open[topic].update(changing)
        for publication in self._publications:
            if publication.topic == topic:
                publication.due.difference_update(changing)
                self._ledger.ask(changing, publication.key)

    def end(self, topic: str, *, come: Iterable[str] = (), gone: Iterable[str] = (), is_sure: bool) -> None:
        """It was done; ``is_sure``: by the first attempt, so that no other can come after it."""
        coming, going = {*come}, {*gone}
        self._subscribed[topic] = (self._subscribed[topic] | coming) - going
        self._changing[topic] -= coming | going
        if not is_sure:
            self._doubtful[topic] |= coming | going
        self._open[topic] -= (coming | going) - self._doubtful[topic]

    def publish(self, topic: str, key: str) -> Publication:
        """From now until ``published`` it may happen; in the ledger before it is tried."""
        publication = Publication(topic, key, self.subscribed(topic))
        self._ledger.ask([*(self._subscribed[topic] | self._open[topic])], key)
        self._publications.append(publication)
        return publication

    def published(self, publication: Publication) -> list[str]:
        """Whom it must reach."""
        self._publications.remove(publication)
        return sorted(publication.due)
