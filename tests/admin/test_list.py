"""The list of notifications: what it shows, filters and finds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from notifications import notify
from notifications.models import Notification

from .conftest import NOTIFICATIONS, text_of, titles

pytestmark = pytest.mark.django_db


def test_the_newest_come_first(root: Client, some: list[Notification]) -> None:
    assert titles(root.get(NOTIFICATIONS)) == ["Hello bob", "Order shipped", "Hello"]


def test_states_and_times_are_visible(root: Client, some: list[Notification]) -> None:
    Notification.objects.filter(pk=some[0].pk).mark_read()
    Notification.objects.filter(pk=some[1].pk).archive()
    Notification.objects.filter(pk=some[2].pk).mark_seen()
    page = root.get(NOTIFICATIONS).content.decode()
    assert re.findall(r'field-state">([^<]*)<br><time [^>]*>[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}<', page) == [
        "unread, seen", "archived", "read",
    ]  # fmt: skip
    assert page.count('field-created"><time ') == 3


def test_times_of_another_year_say_which(root: Client) -> None:
    Notification(user_id="alice", title="Old", identifier="MESSAGE", created_at=datetime(2020, 5, 6, tzinfo=UTC)).save()
    assert 'title="2020-05-06 00:00:00 UTC">2020-05-06<' in root.get(NOTIFICATIONS).content.decode()


def test_a_priority_is_shown_when_it_is_not_the_normal_one(root: Client) -> None:
    notify("alice", title="Hello", identifier="ONE", priority="urgent")
    notify("alice", title="Hello", identifier="TWO")
    page = root.get(NOTIFICATIONS).content.decode()
    assert re.findall(r'field-kind">(.*?)</td>', page) == [
        "TWO", 'ONE<br><span class="small quiet">urgent</span>',
    ]  # fmt: skip


def test_what_no_browser_breaks_is_cut_short(root: Client) -> None:
    notify("u" * 64, title="Hello", identifier="I" * 100)
    page = root.get(NOTIFICATIONS).content.decode()
    for letter, number in (("u", 64), ("I", 100)):
        assert f'<span title="{letter * number}">{letter * 25}…</span>' in page


def test_show_all_is_offered_only_to_whoever_searched(root: Client, some: list[Notification]) -> None:
    assert "Show all" not in text_of(root.get(NOTIFICATIONS))
    assert "Show all" not in text_of(root.get(NOTIFICATIONS, {"state": "unread"}))
    assert "Show all" in text_of(root.get(NOTIFICATIONS, {"q": "bob"}))


def test_deleted_ones_are_not_shown(root: Client, some: list[Notification]) -> None:
    some[0].delete()
    assert titles(root.get(NOTIFICATIONS)) == ["Hello bob", "Order shipped"]


def test_text_is_escaped(root: Client) -> None:
    notify("alice", title="<script>alert(1)</script>", identifier="MESSAGE")
    assert titles(root.get(NOTIFICATIONS)) == ["&lt;script&gt;alert(1)&lt;/script&gt;"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?user=alice", ["Order shipped", "Hello"]),
        ("?user=%20alice%20", ["Order shipped", "Hello"]),
        ("?user=ali", []),
        ("?user=%00", []),
        ("?user=%D9%A1", []),
        ("?identifier=MESSAGE", ["Hello bob", "Hello"]),
        ("?identifier=MESS", []),
        ("?identifier=%00", []),
        ("?user=alice&identifier=MESSAGE", ["Hello"]),
        ("?state=unread", ["Hello bob", "Order shipped"]),
        ("?state=read", ["Hello"]),
        ("?state=archived", []),
        ("?state=nonsense", ["Hello bob", "Order shipped", "Hello"]),
        ("?created=today", ["Hello bob", "Order shipped", "Hello"]),
    ],
)
def test_filters(root: Client, some: list[Notification], query: str, found: list[str]) -> None:
    Notification.objects.filter(pk=some[0].pk).mark_read()
    assert titles(root.get(NOTIFICATIONS + query)) == found


def test_a_period_shows_what_was_made_within_it(root: Client, some: list[Notification]) -> None:
    Notification(
        user_id="alice", title="Old", identifier="MESSAGE", created_at=timezone.now() - timedelta(days=10)
    ).save()
    assert len(titles(root.get(f"{NOTIFICATIONS}?created=week"))) == 3
    assert titles(root.get(f"{NOTIFICATIONS}?created=month"))[0] == "Old"


def test_a_period_in_which_nothing_was_made_is_empty(root: Client) -> None:
    Notification(
        user_id="alice", title="Old", identifier="MESSAGE", created_at=timezone.now() - timedelta(days=10)
    ).save()
    assert titles(root.get(f"{NOTIFICATIONS}?created=today")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("alice", ["Order shipped", "Hello"]),
        ("MESSAGE", ["Hello bob", "Hello"]),
        ("mess", ["Hello bob", "Hello"]),
        ("order.", ["Order shipped"]),
        ("SHIPPED", ["Order shipped"]),
        ("first hello", ["Hello"]),
        ("bob", ["Hello bob"]),
        ("100%", []),
        ("  ", ["Hello bob", "Order shipped", "Hello"]),
        ("nowhere", []),
    ],
)
def test_search(root: Client, some: list[Notification], text: str, found: list[str]) -> None:
    assert titles(root.get(NOTIFICATIONS, {"q": text})) == found


def test_search_stays_within_the_filters(root: Client, some: list[Notification]) -> None:
    assert titles(root.get(NOTIFICATIONS, {"q": "hello", "user": "alice"})) == ["Hello"]
    assert titles(root.get(NOTIFICATIONS, {"q": "hello", "state": "archived"})) == []
    assert titles(root.get(NOTIFICATIONS, {"q": "hello", "created": "today"})) == ["Hello bob", "Hello"]


def test_search_for_nul_is_an_error_on_the_page(root: Client, some: list[Notification]) -> None:
    assert "Null characters are not allowed" in text_of(root.get(NOTIFICATIONS, {"q": "\0"}))


def test_the_user_leads_to_the_list_of_that_user(root: Client, some: list[Notification]) -> None:
    assert f'<a href="{NOTIFICATIONS}?user=bob">bob</a>' in root.get(NOTIFICATIONS).content.decode()


def test_the_box_for_a_user_keeps_the_other_filters_and_the_search(root: Client, some: list[Notification]) -> None:
    page = root.get(f"{NOTIFICATIONS}?state=unread&user=alice&q=hello&p=1").content.decode()
    assert '<input type="hidden" name="state" value="unread">' in page
    assert page.count('<input type="hidden" name="q" value="hello">') == 1
    assert '<input type="hidden" name="p"' not in page
    assert '<input type="search" name="user" value="alice"' in page


def test_the_identifiers_offered_are_those_there_are(root: Client, some: list[Notification]) -> None:
    page = root.get(NOTIFICATIONS).content.decode()
    assert '?identifier=MESSAGE"' in page
    assert '?identifier=order.shipped"' in page


def test_who_may_not_view_is_refused(staff) -> None:
    assert staff().get(NOTIFICATIONS).status_code == 403


def test_a_visitor_is_sent_to_log_in(client: Client) -> None:
    assert client.get(NOTIFICATIONS).status_code == 302
