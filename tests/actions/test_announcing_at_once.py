"""Announcing, taking in, creating and opening at the same moment: each inbox gets each announcement once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction

from notifications import announce, notify, notify_many, retract
from notifications.actions import catch_up as catching_up
from notifications.actions.catch_up import catch_up, head_of
from notifications.actions.fan_out import deliver_next
from notifications.actions.mark import mark
from notifications.models import Announcement, AnnouncementPart, Notification
from tests import ledger
from tests.at_once import at_once
from tests.told import Told, listen_in

pytestmark = pytest.mark.django_db(transaction=True)

USERS = [f"user-{number}" for number in range(8)]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return listen_in(monkeypatch)


@pytest.fixture(autouse=True)
def _nobody_collides(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The lock keeps two apart: the constraint behind it, after which it would be tried again, is never met."""
    collisions: list[IntegrityError] = []
    take_in = catching_up.take_in

    def watched(*args: Any, **kwargs: Any) -> list[str]:
        try:
            return take_in(*args, **kwargs)
        except IntegrityError as problem:
            collisions.append(problem)
            raise

    monkeypatch.setattr(catching_up, "take_in", watched)
    yield
    assert collisions == []


def say(title: str, **fields: object) -> Announcement:
    return announce(title=title, identifier="OPS", **fields)


def copies_of(user: str) -> list[str]:
    return list(
        Notification.objects.filter(user_id=user, identifier="OPS").order_by("id").values_list("title", flat=True)
    )


def test_several_take_the_same_inboxes_in_at_once(told: Told) -> None:
    notify_many(USERS, title="Hello", identifier="M")
    del told[:]
    for number in range(3):
        say(f"Number {number}")
    at_once([partial(catch_up, USERS), partial(catch_up, USERS[::-1]), *(partial(head_of, user) for user in USERS[:2])])
    for user in USERS:
        assert copies_of(user) == ["Number 0", "Number 1", "Number 2"]
        ledger.check(user, seq=4)
    assert sorted((change.head.user_id, change.start, change.head.seq) for change in told) == [
        (user, 1, 4) for user in sorted(USERS)
    ]


def test_publishing_editing_taking_in_creating_marking_and_opening_at_once(told: Told) -> None:
    notify_many(USERS, title="Hello", identifier="M")
    published: list[Announcement] = []

    def publish(number: int) -> None:
        for turn in range(4):
            made = say(f"{number}.{turn}", include_new=turn % 2 == 0)
            published.append(made)
            if turn == 1:
                made.title = f"{number}.{turn} edited"
                made.save()
            if turn == 2:
                retract(made)

    def live(seed: int) -> None:
        dice = random.Random(seed)
        for turn in range(12):
            user = dice.choice(USERS)
            dice.choice(
                [
                    partial(catch_up, dice.sample(USERS, 5)),
                    partial(head_of, user),
                    partial(notify, user, title="Hi", identifier="M"),
                    partial(mark, user, dice.choice(["read", "archive", "unread"])),
                    partial(head_of, f"new-{seed}-{turn}"),
                    partial(notify_many, dice.sample(USERS, 3), title="Hi", identifier="M"),
                ]
            )()

    at_once([*(partial(publish, number) for number in range(2)), *(partial(live, seed) for seed in range(4))])
    standing = sorted(f"{n}.{t}" + (" edited" if t == 1 else "") for n in range(2) for t in (0, 1, 3))
    for user in USERS:
        head_of(user)
        rows = Notification.objects.live().filter(user_id=user, identifier="OPS")
        assert sorted(rows.values_list("title", flat=True)) == standing
        ledger.check(user)
    for user in USERS:
        chain = sorted((change.start, change.head.seq) for change in told if change.head.user_id == user)
        assert [start for start, _ in chain] == [0, *(end for _, end in chain[:-1])]


@pytest.mark.on_postgresql
def test_what_commits_late_is_not_lost() -> None:
    """The second publisher waits for the first: nobody reads past a number that is still to come."""
    notify("alice", title="Hello", identifier="M")
    first_has_its_number, may_commit = Event(), Event()

    def slow() -> int:
        with transaction.atomic():
            seq = say("Slow").seq
            first_has_its_number.set()
            assert may_commit.wait(10)
            return seq

    def quick() -> int:
        assert first_has_its_number.wait(10)
        with connections["default"].cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
        return say("Quick").seq

    def reader() -> int:
        assert first_has_its_number.wait(10)
        for _ in range(20):
            catch_up(["alice"])
        seen = head_of("alice").seq
        may_commit.set()
        return seen

    slow_seq, quick_seq, seen = at_once([slow, quick, reader])
    assert (slow_seq, quick_seq, seen) == (1, 2, 1)
    head_of("alice")
    assert copies_of("alice") == ["Slow", "Quick"]
    ledger.check("alice", seq=3)


@pytest.mark.on_postgresql
def test_an_inbox_that_opens_while_somebody_publishes_gets_it_or_not_but_never_half() -> None:
    together = Barrier(2, timeout=10)

    def publish() -> None:
        with transaction.atomic():
            say("Now")
            together.wait()
            together.wait()

    def open_inbox() -> int:
        together.wait()
        seq = head_of("alice").seq
        together.wait()
        return seq

    at_once([publish, open_inbox])
    head_of("alice")
    assert copies_of("alice") == ["Now"]
    ledger.check("alice", seq=1)


def test_several_deliver_a_list_each_part_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 3)
    users = [f"listed-{number:02}" for number in range(20)]
    notify_many(users[::2], title="Hello", identifier="M")
    announcement = say("For some", users=users)
    say("For all")

    def deliver() -> None:
        while deliver_next():
            continue

    at_once([deliver, deliver, deliver, partial(catch_up, users)])
    catch_up(users)
    for number, user in enumerate(users):
        assert sorted(copies_of(user)) == (["For all", "For some"] if number % 2 == 0 else ["For some"])
        ledger.check(user)
    assert Notification.objects.filter(announcement=announcement).count() == 20
    assert not AnnouncementPart.objects.filter(delivered_at=None).exists()
