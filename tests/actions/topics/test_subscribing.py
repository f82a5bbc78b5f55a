"""Subscribing and unsubscribing: each user once, whoever asks, and however often."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import subscribe, subscribe_many, unsubscribe
from notifications.models import Inbox, Subscription
from tests.at_once import at_once
from tests.models.test_statements import statements

pytestmark = pytest.mark.django_db(transaction=True)


def subscribed(topic: str = "news") -> list[str]:
    return sorted(Subscription.objects.filter(topic=topic).values_list("user_id", flat=True))


def test_subscribing_twice_keeps_the_first_time() -> None:
    subscribe("alice", "news")
    first = Subscription.objects.get()
    subscribe("alice", "news")
    assert Subscription.objects.get() == first
    assert Subscription.objects.get().created_at == first.created_at


def test_a_number_and_its_text_are_one_user() -> None:
    for user in (123, "123"):
        subscribe(user, "news")
    subscribe_many([123, "123"], "news")
    assert subscribed() == ["123"]


def test_a_user_object_is_its_inbox() -> None:
    user = get_user_model().objects.create_user("walter")
    subscribe(user, "news")
    subscribe_many(get_user_model().objects.all(), "news")
    assert subscribed() == [str(user.pk)]
    unsubscribe(user, "news")
    assert subscribed() == []


def test_unsubscribing_ends_one_subscription_and_twice_changes_nothing() -> None:
    subscribe_many(["alice", "bob"], "news")
    subscribe("alice", "sport")
    for _ in range(2):
        unsubscribe("alice", "news")
    assert (subscribed("news"), subscribed("sport")) == (["bob"], ["alice"])


def test_subscribing_opens_no_inbox() -> None:
    subscribe("alice", "news")
    assert not Inbox.objects.exists()


def test_rolled_back_is_never_happened() -> None:
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        subscribe("alice", "news")
        subscribe_many(["bob"], "news")
        raise KeyboardInterrupt
    assert subscribed() == []


@pytest.mark.parametrize("verb", [subscribe, unsubscribe, lambda user, topic: subscribe_many([user], topic)])
@pytest.mark.parametrize(
    ("user", "topic", "code"),
    [
        ("alice", "", "blank"),
        ("alice", None, "invalid"),
        ("alice", 7, "invalid"),
        ("alice", "x" * 101, "max_length"),
        ("alice", "a/b", "invalid"),
        ("alice", " a", "invalid"),
        ("alice", "a\n", "invalid"),
        ("alice", "ä", "invalid"),
        ("alice", "../etc", "invalid"),
        ("me", "news", "invalid"),
        (0, "news", "invalid"),
        (None, "news", "invalid"),
        (True, "news", "invalid"),
    ],
    ids=ascii,
)
def test_bad_input_is_refused(verb: Callable[..., None], user: Any, topic: Any, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        verb(user, topic)
    named = "user_id" if topic == "news" else "topic"
    assert {name: errors[0].code for name, errors in caught.value.error_dict.items()} == {named: code}
    assert not Subscription.objects.exists()


def test_saving_one_keeps_the_limits_too() -> None:
    with pytest.raises(ValidationError):
        Subscription(topic="a/b", user_id="alice").save()
    Subscription(topic="news", user_id=123).save()
    assert subscribed() == ["123"]


def test_the_database_keeps_each_once() -> None:
    subscribe("alice", "news")
    with pytest.raises(IntegrityError):
        Subscription(topic="news", user_id="alice").save()


def test_several_subscribe_the_same_users_at_once() -> None:
    users = [f"user-{number:02}" for number in range(40)]
    at_once(
        [
            partial(subscribe_many, users, "news"),
            partial(subscribe_many, users[::-1], "news"),
            *(partial(subscribe, users[0], "news") for _ in range(3)),
        ]
    )
    assert subscribed() == users


def test_one_statement_each() -> None:
    with statements(1):
        subscribe("alice", "news")
    with statements(1):
        subscribe("alice", "news")
    with statements(1):
        unsubscribe("alice", "news")


def test_many_take_a_constant_number_of_statements_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 100)
    with CaptureQueriesContext(connection) as captured:
        subscribe_many((f"user-{number}" for number in range(300)), "news")
    assert len([query for query in captured if query["sql"].startswith("INSERT")]) == 3
    assert len(subscribed()) == 300
