"""What was written: asked for, acknowledged, rolled back, deleted. The judge believes this and the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

PLAIN, TOUCHED = "plain", "touched"
"""Identifiers. What is PLAIN is never read, archived or deleted, so every device that was there must announce it."""


@dataclass
class Ledger:
    """Keys are unique in a run; the title of a notification is its key."""

    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Keys by user_id that may exist."""
    for_everyone: set[str] = field(default_factory=set)
    """Keys of announcements, which may exist in any inbox."""
    acknowledged: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    rolled_back: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    deleted: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    ids: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Known ids of TOUCHED notifications by user_id, the targets of verbs."""
    announced: Counter[str] = field(default_factory=Counter)
    """Accepted announcements: to everyone, to a list, to a topic."""
    edited: dict[str, str] = field(default_factory=dict)
    """The description that was acknowledged, by the announcement's key."""
    retracted: set[str] = field(default_factory=set)
    """Keys of announcements whose retraction was acknowledged."""
    retried: int = 0
    verbs: int = 0
    statuses: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    problems: list[str] = field(default_factory=list)
    """Answers that must never be given."""

    @property
    def commits(self) -> int:
        """Acknowledged creations, one for each inbox, and acknowledged verbs."""
        return sum(map(len, self.acknowledged.values())) + self.verbs

    def ask(self, users: list[str], key: str) -> None:
        for user in users:
            self.asked[user].add(key)

    def acknowledge(self, users: list[str], key: str) -> None:
        for user in users:
            self.acknowledged[user].add(key)

    def may_exist(self, user: str, key: str) -> bool:
        return key in self.asked[user] or key in self.for_everyone
