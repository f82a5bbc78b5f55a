"""Subscriptions in the admin: looked at, made, ended, and announced to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications import subscribe, subscribe_many
from notifications.actions.fan_out import deliver_next
from notifications.admin import bounded, subscriptions
from notifications.models import Announcement, Notification, Subscription

from .conftest import NOTIFICATIONS, text_of
from .test_announcements import ADD as ANNOUNCE
from .test_announcements import ANNOUNCEMENTS, FILLED
from .test_cost import BOUND

pytestmark = pytest.mark.django_db

SUBSCRIPTIONS = "/admin/notifications/subscription/"
ADD = f"{SUBSCRIPTIONS}add/"


def shown(page: HttpResponse) -> list[tuple[str, str]]:
    assert page.status_code == 200
    found = re.findall(r'field-topic">([^<]*)</t[hd]><td class="field-user"><a [^>]*>([^<]*)<', page.content.decode())
    return [(topic, user) for topic, user in found]


@pytest.fixture
def some(db: None) -> None:
    subscribe_many(["alice", "bob", 123], "news")
    subscribe_many(["alice"], "sport")


def test_the_list_is_in_the_order_of_topics_and_users(root: Client, some: None) -> None:
    page = root.get(SUBSCRIPTIONS)
    assert shown(page) == [("news", "123"), ("news", "alice"), ("news", "bob"), ("sport", "alice")]
    assert f'<a href="{NOTIFICATIONS}?user=alice">' in page.content.decode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sport", [("sport", "alice")]),
        (" alice ", [("news", "alice"), ("sport", "alice")]),
        ("new", []),
        ("<b>", []),
    ],
)
def test_a_whole_topic_or_user_is_found(root: Client, some: None, text: str, found: list[tuple[str, str]]) -> None:
    assert shown(root.get(SUBSCRIPTIONS, {"q": text})) == found


def test_a_name_of_both_finds_both(root: Client, some: None) -> None:
    subscribe("news", "sport")
    assert len(shown(root.get(SUBSCRIPTIONS, {"q": "news"}))) == 4


@pytest.mark.parametrize("query", ["", "?q=news", "?q=user-7", "?p=2"])
def test_every_statement_stops_somewhere(root: Client, query: str) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert root.get(SUBSCRIPTIONS + query).status_code == 200
        made = [one["sql"] for one in captured if "notifications_" in one["sql"]]
        assert all(BOUND.search(sql) for sql in made), made
        return len(made)

    subscribe_many([f"user-{number}" for number in range(120)], "news")
    before = cost()
    subscribe_many([f"other-{number}" for number in range(120)], "news")
    assert cost() == before


def test_rows_beyond_the_bound_are_not_counted(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe_many([f"user-{number}" for number in range(120)], "news")
    monkeypatch.setattr(bounded, "SHOWN", 110)
    assert "110+ subscriptions" in text_of(root.get(SUBSCRIPTIONS))


def test_a_form_subscribes(root: Client) -> None:
    assert root.post(ADD, {"topic": "order shipped", "user_id": "123"}).status_code == 302
    made = Subscription.objects.get()
    assert (made.topic, made.user_id) == ("order shipped", "123")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"topic": ""}, "This field is required."),
        ({"topic": "a/b"}, "Must start with a letter or digit"),
        ({"topic": "x" * 101}, "at most 100 characters"),
        ({"user_id": "me"}, "A user id is no reserved word"),
        ({"user_id": "1_0"}, "A user id is an integer"),
        ({}, "already exists"),
    ],
    ids=str,
)
def test_bad_input_is_named(root: Client, fields: dict[str, str], said: str) -> None:
    subscribe("alice", "news")
    page = root.post(ADD, {"topic": "news", "user_id": "alice", **fields})
    assert page.status_code == 200
    assert text_of(page).count(said) == 1
    assert Subscription.objects.count() == 1


def test_somebody_else_was_faster(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(user: str, topic: str) -> None:
        subscribe(user, topic)
        subscribe(user, topic)

    monkeypatch.setattr(subscriptions, "subscribe", late)
    assert root.post(ADD, {"topic": "news", "user_id": "alice"}).status_code == 302
    assert Subscription.objects.count() == 1


def test_chosen_ones_are_ended(root: Client, some: None) -> None:
    chosen = list(Subscription.objects.filter(topic="news", user_id__in=["alice", "bob"]).values_list("pk", flat=True))
    page = root.post(SUBSCRIPTIONS, {"action": "delete_selected", "_selected_action": chosen}, follow=True)
    assert "2 subscriptions ended." in text_of(page)
    assert shown(page) == [("news", "123"), ("sport", "alice")]


def test_all_of_a_large_topic_are_ended_in_turns(root: Client, some: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "SHOWN", 2)
    everything = {"action": "delete_selected", "select_across": "1", "_selected_action": ["1"]}
    page = root.post(f"{SUBSCRIPTIONS}?q=news", everything, follow=True)
    assert "2 subscriptions ended. There are more: run the action again." in text_of(page)
    assert sorted(Subscription.objects.values_list("topic", "user_id")) == [("news", "bob"), ("sport", "alice")]


def test_one_is_ended_and_none_is_changed(root: Client, some: None) -> None:
    pk = Subscription.objects.get(topic="sport").pk
    assert root.post(f"{SUBSCRIPTIONS}{pk}/change/", {"topic": "x", "user_id": "bob"}).status_code == 403
    assert root.post(f"{SUBSCRIPTIONS}{pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Subscription.objects.filter(topic="sport").exists()


def test_the_log_of_the_admin_names_no_user(root: Client) -> None:
    root.post(ADD, {"topic": "news", "user_id": "alice"})
    root.post(f"{SUBSCRIPTIONS}{Subscription.objects.get().pk}/delete/", {"post": "yes"})
    entries = LogEntry.objects.all()
    assert len(entries) == 2
    assert not [entry for entry in entries if "alice" in f"{entry.object_repr} {entry.change_message}"]


def test_who_may_look_may_not_subscribe(staff: Callable[..., Client], some: None) -> None:
    charlie = staff("view_notification")
    assert len(shown(charlie.get(SUBSCRIPTIONS))) == 4
    assert charlie.get(ADD).status_code == 403
    pk = Subscription.objects.get(topic="sport").pk
    assert charlie.post(f"{SUBSCRIPTIONS}{pk}/delete/", {"post": "yes"}).status_code == 403
    charlie.post(SUBSCRIPTIONS, {"action": "delete_selected", "_selected_action": [pk]})
    assert Subscription.objects.count() == 4


def test_who_may_change_notifications_may_subscribe(staff: Callable[..., Client]) -> None:
    charlie = staff("view_notification", "change_notification")
    assert charlie.post(ADD, {"topic": "news", "user_id": "alice"}).status_code == 302


def test_the_permissions_of_other_tables_open_nothing(staff: Callable[..., Client], some: None) -> None:
    charlie = staff("add_notification", "view_subscription", "add_subscription", "delete_subscription")
    assert charlie.get(SUBSCRIPTIONS).status_code == 403
    assert charlie.post(ADD, {"topic": "news", "user_id": "zoe"}).status_code == 403


def test_a_topic_is_announced_to(root: Client, some: None) -> None:
    assert root.post(ANNOUNCE, {**FILLED, "to_topic": " news "}).status_code == 302
    announcement = Announcement.objects.get()
    assert (announcement.audience, announcement.topic, announcement.recipients) == ("list", "news", 3)
    assert deliver_next()
    page = text_of(root.get(f"{ANNOUNCEMENTS}{announcement.pk}/change/"))
    assert "Topic: news" in page
    assert "Inboxes that have it: 3" in page
    assert set(Notification.objects.values_list("user_id", flat=True)) == {"alice", "123", "bob"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"to_topic": "a/b"}, "Must start with a letter or digit"),
        ({"to_topic": "x" * 101}, "at most 100 characters"),
        ({"to_topic": "news", "user_ids": "alice"}, "Name a topic or users, not both."),
        ({"to_topic": "news", "include_new": "on"}, "A list is for those on it."),
    ],
    ids=str,
)
def test_a_bad_audience_is_named(root: Client, fields: dict[str, Any], said: str) -> None:
    page = root.post(ANNOUNCE, {**FILLED, **fields})
    assert page.status_code == 200
    assert text_of(page).count(said) == 1
    assert not Announcement.objects.exists()
