"""Announcing to a topic: whoever is subscribed at that moment gets it, once."""

from __future__ import annotations

import tracemalloc
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction

from notifications import announce, notify, retract, subscribe, subscribe_many, unsubscribe
from notifications.actions.catch_up import catch_up
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement, AnnouncementPart, Notification, Subscription
from notifications.models.topic import SubscriptionManager
from tests import ledger
from tests.at_once import at_once
from tests.models.test_statements import statements

pytestmark = pytest.mark.django_db(transaction=True)

NEWS = {"title": "Shipped", "identifier": "NEWS"}


@pytest.fixture
def crowd(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ten subscribers, in parts of three."""
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 3)
    users = [f"user-{number}" for number in range(10)]
    subscribe_many(users, "news")
    subscribe_many(["somebody-else", "user-3"], "sport")
    return users


def deliver() -> None:
    while deliver_next():
        continue


def got() -> list[str]:
    return sorted(Notification.objects.filter(identifier="NEWS").values_list("user_id", flat=True))


def test_every_subscriber_gets_it_once_and_nobody_else(crowd: list[str]) -> None:
    notify("user-0", title="Hello", identifier="M")
    notify("somebody-else", title="Hello", identifier="M")
    announcement = announce(topic="news", **NEWS)
    assert (announcement.audience, announcement.topic, announcement.recipients) == ("list", "news", 10)
    assert (announcement.seq, Announcement.objects.get().recipients) == (0, 10)
    deliver()
    assert got() == crowd
    ledger.check("user-0", seq=2)
    ledger.check("user-9", seq=1)


def test_the_parts_are_bounded_and_in_order(crowd: list[str]) -> None:
    announce(topic="news", **NEWS)
    parts = list(AnnouncementPart.objects.order_by("pk"))
    assert [(part.number, part.size, part.user_ids) for part in parts] == [
        (0, 3, crowd[:3]), (1, 3, crowd[3:6]), (2, 3, crowd[6:9]), (3, 1, crowd[9:]),
    ]  # fmt: skip


def test_who_leaves_after_publishing_still_gets_it_and_who_comes_does_not(crowd: list[str]) -> None:
    announce(topic="news", **NEWS)
    unsubscribe("user-5", "news")
    subscribe("late", "news")
    deliver()
    assert got() == crowd
    announce(topic="news", **{**NEWS, "title": "Second"})
    deliver()
    second = Notification.objects.filter(title="Second").values_list("user_id", flat=True)
    assert sorted(second) == ["late", *(user for user in crowd if user != "user-5")]


def test_a_topic_nobody_is_subscribed_to_is_announced_to_nobody() -> None:
    announcement = announce(topic="nwes", **NEWS)
    assert announcement.recipients == 0
    assert not deliver_next()
    assert not AnnouncementPart.objects.exists()


def test_three_statements_whatever_the_number_of_subscribers(crowd: list[str]) -> None:
    for topic in ("news", "sport", "empty"):
        with statements(3):
            announce(topic=topic, **NEWS)


def test_rolled_back_is_never_happened(crowd: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        announce(topic="news", **NEWS)
        raise KeyboardInterrupt
    assert not Announcement.objects.exists()
    assert not deliver_next()


def test_a_list_that_cannot_be_made_is_not_announced(crowd: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: Any, **__: Any) -> int:
        raise OperationalError("away")

    monkeypatch.setattr(SubscriptionManager, "part_out", stumble)
    with pytest.raises(OperationalError):
        announce(topic="news", **NEWS)
    assert not Announcement.objects.exists()


def test_who_delivers_lists_is_woken_by_the_commit(crowd: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[bool] = []
    monkeypatch.setattr("notifications.jobs.fan_out.wake", lambda: woken.append(True))
    with transaction.atomic():
        announce(topic="news", **NEWS)
        assert not woken
    assert woken


def test_an_edit_and_a_retraction_reach_every_subscriber(crowd: list[str]) -> None:
    announcement = announce(topic="news", **NEWS)
    assert deliver_next()
    announcement.title = "Better"
    announcement.save()
    assert announcement.topic == "news"
    deliver()
    retract(announcement)
    catch_up(crowd)
    assert not Notification.objects.live().exists()
    for user in crowd:
        ledger.check(user)


@pytest.mark.parametrize(
    ("how", "codes"),
    [
        ({"topic": ""}, {"topic": "blank"}),
        ({"topic": "a/b"}, {"topic": "invalid"}),
        ({"topic": 7}, {"topic": "invalid"}),
        ({"topic": "x" * 101}, {"topic": "max_length"}),
        ({"topic": "news", "users": ["alice"]}, {"topic": "invalid"}),
        ({"topic": "news", "users": []}, {"topic": "invalid"}),
        ({"topic": "news", "include_new": True}, {"topic": "invalid"}),
        ({"topic": "news", "title": ""}, {"title": "blank"}),
    ],
    ids=str,
)
def test_bad_input_is_refused(how: dict[str, Any], codes: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        announce(**{**NEWS, **how})
    assert {name: errors[0].code for name, errors in caught.value.error_dict.items()} == codes
    assert not Announcement.objects.exists()


def test_a_topic_never_stands_on_an_announcement_to_everyone() -> None:
    """Who sets it by hand, and saves, would have told everyone."""
    with pytest.raises(IntegrityError):
        Announcement(topic="news", **NEWS).save()


def test_subscribing_leaving_publishing_and_delivering_at_once(crowd: list[str]) -> None:
    def come_and_go(user: str) -> None:
        for _ in range(6):
            unsubscribe(user, "news")
            subscribe(user, "news")

    def publish() -> None:
        for _ in range(4):
            announce(topic="news", **NEWS)

    at_once([publish, publish, partial(come_and_go, "user-1"), partial(come_and_go, "user-2"), deliver, deliver])
    deliver()
    for announcement in Announcement.objects.all():
        copies = Notification.objects.filter(announcement=announcement).values_list("user_id", flat=True)
        assert len(copies) == len(set(copies)) == announcement.recipients
        assert set(crowd) - {"user-1", "user-2"} <= set(copies) <= set(crowd)
    for user in crowd:
        ledger.check(user)


@pytest.mark.on_postgresql
def test_who_subscribes_while_it_is_published_is_in_or_out_by_commit(crowd: list[str]) -> None:
    is_done, may_commit = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            subscribe("slow", "news")
            is_done.set()
            assert may_commit.wait(10)

    def publish() -> int | None:
        assert is_done.wait(10)
        announcement = announce(topic="news", **NEWS)
        may_commit.set()
        return announcement.recipients

    assert at_once([slow, publish])[1] == 10
    assert announce(topic="news", **NEWS).recipients == 11


def test_the_names_of_subscribers_are_never_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 10)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 20000) "
            "INSERT INTO notifications_subscription (topic, user_id, created_at) "
            "SELECT 'news', 'subscriber-' || n, CURRENT_TIMESTAMP FROM number"
        )
    announce(topic="news", **NEWS)  # fills caches
    tracemalloc.start()
    announcement = announce(topic="news", **NEWS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert announcement.recipients == Subscription.objects.count() == 20_000
    assert list(announcement.parts.values_list("size", flat=True).distinct()) == [10]
    assert announcement.parts.count() == 2000
    assert peak < 200_000  # a number for each part; the names alone would be 1.4 MB
