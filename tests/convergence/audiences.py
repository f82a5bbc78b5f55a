"""Who must hold a copy of which announcement: a model of topics, lists and their delivery, beside the engine's."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from notifications.models import Announcement, Notification


class Audiences:
    """Told of every verb, it knows whose copies there are. A part is what one delivery brings, in order of user_id."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._subscribers: dict[str, set[str]] = defaultdict(set)
        self._waiting: deque[tuple[Announcement, list[str]]] = deque()
        self._holders: dict[int, set[str]] = defaultdict(set)
        self._listed: list[Announcement] = []
        self._for_everyone: list[Announcement] = []
        self._edited_by_hand: set[int] = set()
        self._purged: dict[int, set[str]] = defaultdict(set)

    def subscribe(self, users: Iterable[str], topic: str) -> None:
        self._subscribers[topic].update(users)

    def unsubscribe(self, user: str, topic: str) -> None:
        self._subscribers[topic].discard(user)

    def announced(self, announcement: Announcement, users: Iterable[str] = ()) -> None:
        """To ``users``, or to whom its topic has at this moment."""
        audience = sorted(self._subscribers[announcement.topic] if announcement.topic else users)
        assert announcement.recipients == len(audience)
        self._listed.append(announcement)
        starts = range(0, len(audience), self._part)
        self._waiting.extend((announcement, audience[start : start + self._part]) for start in starts)

    def announced_to_everyone(self, announcement: Announcement) -> None:
        self._for_everyone.append(announcement)

    def delivered(self) -> bool:
        """One part, if any waits; what was retracted before reaches nobody any more."""
        if not self._waiting:
            return False
        announcement, users = self._waiting.popleft()
        if announcement.retracted_at is None:
            self._holders[announcement.pk].update(users)
        return True

    def purged(self, copies: Iterable[tuple[int, str]]) -> None:
        """Of these announcements the users' copies are gone for good."""
        for announcement, user in copies:
            self._purged[announcement].add(user)

    def edited_by_hand(self, copy: Notification) -> None:
        """Its text is no longer its announcement's alone."""
        self._edited_by_hand.add(copy.pk)

    def check(self, users: Sequence[str]) -> None:
        """Every copy of a list is there, once, and no other; ``users`` have taken the board in."""
        for announcement in self._listed:
            rows = list(Notification.objects.filter(announcement=announcement).order_by("user_id"))
            holders = [row.user_id for row in rows]
            held = self._holders[announcement.pk] - self._purged[announcement.pk]
            assert holders == sorted(held), f"{announcement!r} went to {holders}"
            self._check_texts(announcement, [row for row in rows if row.user_id in users])
        for announcement in self._for_everyone:
            rows = list(Notification.objects.filter(announcement=announcement, user_id__in=users).order_by("user_id"))
            holders = [row.user_id for row in rows]
            # Retracted before anybody looked, it came to nobody.
            held = set(users) - self._purged[announcement.pk]
            assert holders == sorted(held) or (announcement.retracted_at and len(holders) == len(set(holders)))
            self._check_texts(announcement, rows)

    def _check_texts(self, announcement: Announcement, copies: Sequence[Notification]) -> None:
        live = [copy for copy in copies if copy.deleted_at is None]
        assert not live or announcement.retracted_at is None, "retracted, and still there"
        for copy in live:
            if copy.pk not in self._edited_by_hand:
                assert (copy.title, copy.data) == (announcement.title, announcement.data)
