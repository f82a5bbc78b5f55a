"""The rules of announcing to everyone, to lists and to topics, of subscribing, and of delivering part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from notifications import announce, subscribe, subscribe_many, unsubscribe
from notifications.actions.catch_up import catch_up
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement
from notifications.models.announcement import Audience
from tests.convergence.audiences import Audiences
from tests.convergence.fields import MESSAGE

WHO = {"one": [0], "another": [1], "both": [0, 1]}
TOPICS = ("news", "sport")
TOPIC = st.sampled_from(TOPICS)
ANNOUNCING = st.sampled_from(["everyone", "everyone, new", "retract", "edit", "deliver", *WHO, *TOPICS])
MEMBER = st.integers(0, 4)
SUBSCRIBING = st.tuples(st.sampled_from(["subscribe", "unsubscribe", "many"]), MEMBER, MEMBER, TOPIC)


class Announcing(RuleBasedStateMachine):
    """``members``: two whose inboxes are watched, and three who have no device, so that a delivery takes parts."""

    room = 0
    """For so many more rows, until a page is full."""
    name: str
    members: list[str]
    announced: list[Announcement]
    audiences: Audiences

    @property
    def users(self) -> list[str]:
        """Who have devices."""
        return self.members[:2]

    @precondition(lambda self: self.room > 20)
    @rule(acts=st.lists(st.tuples(ANNOUNCING, st.integers(1, 4), MESSAGE), min_size=1, max_size=5))
    def announce(self, acts: list[tuple[str, int, dict[str, Any]]]) -> None:
        """Several before anybody looks: who is behind takes them in together."""
        for act, back, fields in acts:
            if act in WHO:
                users = [self.users[each] for each in WHO[act]]
                self._announced(announce(users, **fields), users)
            elif act in TOPICS:
                self._announced(announce(topic=self._topic(act), **fields))
            elif act.startswith("everyone"):
                self._announced(announce(**fields, include_new=act.endswith("new")))
            elif act == "deliver":
                self._deliver()
            else:
                self._change(act, back, fields)

    @rule(act=st.sampled_from(["retract", "edit"]), back=st.integers(1, 4), fields=MESSAGE)
    def change_what_was_announced(self, act: str, back: int, fields: dict[str, Any]) -> None:
        self._change(act, back, fields)

    @rule(parts=st.integers(1, 4) | st.just(1000))
    def deliver(self, parts: int) -> None:
        """Some parts of what waits, or all."""
        for _ in range(parts):
            if not self._deliver():
                break

    @rule(acts=st.lists(SUBSCRIBING, min_size=1, max_size=6))
    def come_and_go(self, acts: list[tuple[str, int, int, str]]) -> None:
        """Several at once, whatever was announced and is not delivered yet."""
        for act, first, last, name in acts:
            topic, members = self._topic(name), self.members[min(first, last) : max(first, last) + 1]
            if act == "unsubscribe":
                unsubscribe(self.members[first], topic)
                self.audiences.unsubscribe(self.members[first], topic)
            elif act == "subscribe":
                subscribe(self.members[first], topic)
                self.audiences.subscribe([self.members[first]], topic)
            else:
                subscribe_many(members, topic)
                self.audiences.subscribe(members, topic)

    @precondition(lambda self: self.room > 20)
    @rule(name=TOPIC, first=MEMBER, last=MEMBER, fields=MESSAGE, fails=st.booleans())
    def come_announce_and_go(self, name: str, first: int, last: int, fields: dict[str, Any], fails: bool) -> None:
        """In one transaction, which announces to whoever is subscribed as it sees them itself."""
        topic, coming, going = self._topic(name), self.members[first], self.members[last]
        try:
            with transaction.atomic():
                subscribe(coming, topic)
                announcement = announce(topic=topic, **fields)
                unsubscribe(going, topic)
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            return
        self.audiences.subscribe([coming], topic)
        self._announced(announcement)
        self.audiences.unsubscribe(going, topic)

    @rule(which=st.sampled_from([[0], [1], [0, 1]]))
    def take_in(self, which: list[int]) -> None:
        catch_up([self.users[each] for each in which])

    def _deliver(self) -> bool:
        is_delivered = self.audiences.delivered()
        assert bool(deliver_next()) == is_delivered
        return is_delivered

    def _change(self, act: str, back: int, fields: dict[str, Any]) -> None:
        old = self.announced[-back:][:1]
        if act == "retract" and old:
            old[0].retract()
        elif act == "edit" and old and not old[0].is_over:
            old[0].title, old[0].data = fields["title"], fields.get("data", {})
            old[0].save()

    def _topic(self, name: str) -> str:
        return f"{self.name}.{name}"

    def _announced(self, announcement: Announcement, users: Sequence[str] = ()) -> None:
        self.room -= 1
        self.announced.append(announcement)
        if announcement.audience == Audience.LIST:
            self.audiences.announced(announcement, users)
        else:
            self.audiences.announced_to_everyone(announcement)
