"""Topics over REST: subscribing, unsubscribing, listing, and announcing to whoever is subscribed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import subscribe, subscribe_many
from notifications.actions.fan_out import deliver_next
from notifications.checks import check_options
from notifications.models import Announcement, Notification, Subscription
from notifications.wire.name_cursors import TEXT_MAX, NameCursor, encode
from tests.api.visitor import Visitor, errors, problem, statements

SUBSCRIPTIONS = "/notifications/topics/news/subscriptions"
ANNOUNCEMENTS = "/notifications/announcements"
NEWS = {"title": "Shipped", "identifier": "NEWS"}


def subscribed() -> list[tuple[str, str]]:
    return sorted(Subscription.objects.values_list("topic", "user_id"))


def names(answer: Any, name: str = "user_id") -> list[Any]:
    assert answer.status_code == 200, answer.content
    return [row[name] for row in answer.json()["results"]]


@pytest.mark.parametrize("raw", [None, b"{}"])
def test_a_back_end_subscribes_and_unsubscribes_whom_it_likes(shop: Visitor, raw: bytes | None) -> None:
    for user in ("alice", "123", "alice"):
        answer = shop.send("PUT", f"{SUBSCRIPTIONS}/{user}", raw=raw)
        assert (answer.status_code, answer.content) == (204, b"")
    assert subscribed() == [("news", "123"), ("news", "alice")]
    for _ in range(2):
        assert shop.delete(f"{SUBSCRIPTIONS}/alice/").status_code == 204
    assert subscribed() == [("news", "123")]


def test_a_user_subscribes_himself_to_an_open_topic(alice: Visitor, bob: Visitor, options: Any) -> None:
    options(OPEN_TOPICS=["news"])
    assert alice.put(f"{SUBSCRIPTIONS}/me").status_code == 204
    assert bob.put(f"{SUBSCRIPTIONS}/bob").status_code == 204
    assert problem(bob.delete(f"{SUBSCRIPTIONS}/alice")) == (403, "permission_denied")
    assert bob.delete(f"{SUBSCRIPTIONS}/me").status_code == 204
    assert subscribed() == [("news", "alice")]


def test_a_user_sees_his_own_topics_whoever_subscribed_him(alice: Visitor, shop: Visitor) -> None:
    for topic in ("sport", "news", "order shipped#7"):
        subscribe("alice", topic)
    subscribe("bob", "weather")
    assert names(alice.get("/notifications/me/topics"), "topic") == ["news", "order shipped#7", "sport"]
    assert names(shop.get("/notifications/alice/topics"), "topic") == ["news", "order shipped#7", "sport"]


def test_a_topic_of_many_characters_travels_in_a_path(shop: Visitor) -> None:
    assert shop.put("/notifications/topics/a%20b._:@+%23-/subscriptions/1").status_code == 204
    assert subscribed() == [("a b._:@+#-", "1")]


def test_a_subscription_is_shown_with_its_time(shop: Visitor) -> None:
    subscribe(123, "news")
    (shown,) = shop.get(SUBSCRIPTIONS).json()["results"]
    assert shown.pop("created_at").endswith("Z")
    assert shown == {"topic": "news", "user_id": 123}


def test_a_topic_nobody_has_heard_of_is_an_empty_one(shop: Visitor) -> None:
    for path in ("/notifications/topics/nwes/subscriptions", "/notifications/nobody/topics"):
        assert shop.get(path).json() == {"next": None, "previous": None, "results": []}


def test_pages_follow_each_other_there_and_back(shop: Visitor) -> None:
    users = [f"user-{number:02}" for number in range(10)]
    subscribe_many(users, "news")
    subscribe_many(["user-035", "zoe"], "sport")
    pages, path = [], f"{SUBSCRIPTIONS}?limit=4"
    while path:
        with statements(1):
            page = shop.get(path)
        pages.append(names(page))
        path, last = page.json()["next"], page
    assert pages == [users[:4], users[4:8], users[8:]]
    back = shop.get(last.json()["previous"])
    assert names(back) == users[4:8]
    assert names(shop.get(back.json()["next"])) == users[8:]
    first = shop.get(back.json()["previous"])
    assert names(first) == users[:4]
    assert first.json()["previous"] is None
    assert names(shop.get(first.json()["next"])) == users[4:8]


def test_no_row_shifts_while_others_come_and_go(shop: Visitor) -> None:
    users = [f"user-{number}" for number in range(6)]
    subscribe_many(users, "news")
    page = shop.get(f"{SUBSCRIPTIONS}?limit=3")
    subscribe("a-first", "news")
    Subscription.objects.end("news", "user-2")
    assert names(shop.get(page.json()["next"])) == users[3:]


def test_a_page_beyond_the_last_is_empty(shop: Visitor) -> None:
    subscribe("alice", "news")
    answer = shop.get(f"{SUBSCRIPTIONS}?cursor={encode(NameCursor('after', 'zoe'))}")
    assert answer.json() == {"next": None, "previous": None, "results": []}


def test_the_longest_topic_has_a_cursor(shop: Visitor) -> None:
    for letter in "ab":
        subscribe("alice", letter * 100)
    page = shop.get("/notifications/alice/topics?limit=1")
    assert len(page.json()["next"].partition("cursor=")[2]) == TEXT_MAX
    assert names(shop.get(page.json()["next"]), "topic") == ["b" * 100]


@pytest.mark.on_sqlite
@pytest.mark.parametrize("path", [SUBSCRIPTIONS, "/notifications/alice/topics"])
@pytest.mark.parametrize("direction", [None, "after", "before"])
def test_a_page_is_read_in_the_order_of_an_index(shop: Visitor, path: str, direction: Any) -> None:
    subscribe("alice", "news")
    query = f"?cursor={encode(NameCursor(direction, 'm'))}" if direction else ""
    with CaptureQueriesContext(connection) as captured:
        assert shop.get(path + query).status_code == 200
    (sql,) = [one["sql"] for one in captured if "notifications_subscription" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert plan.startswith("SEARCH")
    assert "TEMP B-TREE" not in plan, plan


def test_one_statement_for_each_change(shop: Visitor) -> None:
    with statements(1):
        shop.put(f"{SUBSCRIPTIONS}/alice")
    with statements(1):
        shop.delete(f"{SUBSCRIPTIONS}/alice")


def test_announcing_to_a_topic_tells_who_is_subscribed_now(shop: Visitor) -> None:
    subscribe_many(["alice", 123], "news")
    subscribe("bob", "sport")
    answer = shop.post(ANNOUNCEMENTS, {"topic": "news", **NEWS})
    assert answer.status_code == 202
    made = answer.json()
    assert made == {"id": Announcement.objects.get().pk, "recipients": 2}
    shop.delete(f"{SUBSCRIPTIONS}/alice")
    shown = shop.get(f"{ANNOUNCEMENTS}/{made['id']}").json()
    assert (shown["audience"], shown["topic"], shown["recipients"], shown["delivered"]) == ("list", "news", 2, 0)
    assert deliver_next()
    assert shop.get(f"{ANNOUNCEMENTS}/{made['id']}").json()["delivered"] == 2
    assert set(Notification.objects.values_list("user_id", flat=True)) == {"alice", "123"}


def test_an_announcement_to_everyone_or_a_list_has_no_topic(shop: Visitor) -> None:
    for whom in ({"audience": "everyone"}, {"user_ids": [1]}):
        made = shop.post(ANNOUNCEMENTS, {**whom, **NEWS}).json()
        assert shop.get(f"{ANNOUNCEMENTS}/{made['id']}").json()["topic"] is None


def test_an_idempotency_key_announces_once(shop: Visitor) -> None:
    subscribe("alice", "news")
    first = shop.post(ANNOUNCEMENTS, {"topic": "news", **NEWS}, Idempotency_Key="k")
    subscribe("bob", "news")
    again = shop.post(ANNOUNCEMENTS, {"topic": "news", **NEWS}, Idempotency_Key="k")
    assert first.json() == again.json()
    assert Announcement.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"topic": ""}, [("topic", "blank")]),
        ({"topic": "x" * 101}, [("topic", "max_length")]),
        ({"topic": ["news"]}, [("topic", "invalid")]),
        ({"topic": "news", "audience": "everyone"}, [("audience", "invalid")]),
        ({"topic": "news", "user_ids": [1]}, [("topic", "invalid")]),
        ({"topic": "news", "include_new": False}, [("include_new", "invalid")]),
        ({"topic": "a/b", "title": ""}, [("topic", "invalid"), ("title", "blank")]),
    ],
    ids=str,
)
def test_bad_members_are_named(shop: Visitor, body: dict[str, Any], expected: Any) -> None:
    assert errors(shop.post(ANNOUNCEMENTS, {**NEWS, **body})) == expected
    assert not Announcement.objects.exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("topics/a%00/subscriptions/alice", [("topic", "invalid")]),
        (f"topics/{'x' * 101}/subscriptions/alice", [("topic", "max_length")]),
        ("topics/news/subscriptions/ws", [("user_id", "invalid")]),
        ("topics/news/subscriptions/alice?x=1", [("x", "unknown_field")]),
    ],
)
def test_bad_paths_are_named(shop: Visitor, path: str, expected: Any) -> None:
    assert errors(shop.put(f"/notifications/{path}")) == expected
    assert not Subscription.objects.exists()


def test_a_user_called_topics_keeps_his_inbox(user: Any) -> None:
    visitor = user("topics")
    for path in ("", "/counts", "/changes", "/topics"):
        assert visitor.get(f"/notifications/topics{path}").status_code == 200


@pytest.mark.parametrize("value", ["news", [""], ["a/b"], [7], None, {"news": 1}], ids=str)
def test_a_wrong_setting_is_found_by_the_check(value: Any, options: Any) -> None:
    options(OPEN_TOPICS=value)
    assert [problem.id for problem in check_options(None)] == ["notifications.E002"]


def test_a_right_setting_passes_the_check(options: Any) -> None:
    options(OPEN_TOPICS=["news", "order.shipped"])
    assert check_options(None) == []
