"""Who may do what: every row of the table, for every kind of caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from notifications import announce, notify
from tests.api.visitor import HI, Visitor, errors, problem, statements

CREATE = ("POST", "/notifications/", HI)
BATCH = ("POST", "/notifications/batch", {"notifications": [HI]})
LIST = ("GET", "/notifications/", None)
INBOX = ("GET", "/notifications/alice", None)
COUNTS = ("GET", "/notifications/alice/counts", None)
CHANGES = ("GET", "/notifications/alice/changes", None)
MARK = ("POST", "/notifications/alice/mark", {"action": "read"})
PUT = ("PUT", "/notifications/{id}", None)
PATCH = ("PATCH", "/notifications/{id}", {"is_seen": True})
DELETE = ("DELETE", "/notifications/{id}", None)
TOKENS = ("POST", "/notifications/tokens", {"user_id": "alice"})

ANNOUNCE = ("POST", "/notifications/announcements", {"audience": "everyone", "title": "Hi", "identifier": "OPS"})
FOLLOW = ("GET", "/notifications/announcements/{announcement}", None)
CORRECT = ("PATCH", "/notifications/announcements/{announcement}", {"title": "Hi again"})
RETRACT = ("DELETE", "/notifications/announcements/{announcement}", None)

SUBSCRIBE = ("PUT", "/notifications/topics/news/subscriptions/alice", None)
UNSUBSCRIBE = ("DELETE", "/notifications/topics/news/subscriptions/alice", None)
SUBSCRIBERS = ("GET", "/notifications/topics/news/subscriptions", None)
TOPICS = ("GET", "/notifications/alice/topics", None)

NEEDS = {
    "create": [CREATE, BATCH, ANNOUNCE, FOLLOW, CORRECT, RETRACT],
    "read": [LIST, INBOX, COUNTS, CHANGES, SUBSCRIBERS, TOPICS],
    "update": [MARK, PUT, PATCH, DELETE, SUBSCRIBE, UNSUBSCRIBE],
    "tokens": [TOKENS],
}
GOOD = (200, 201, 202, 204)
PERMISSIONS = {"create": "add_notification", "read": "view_notification", "update": "change_notification"}
EVERY = [(scope, call) for scope, calls in NEEDS.items() for call in calls]
READING_AN_INBOX = [INBOX, COUNTS, CHANGES, TOPICS]
each_call = pytest.mark.parametrize(
    ("scope", "call"), EVERY, ids=[f"{method} {path}" for _, (method, path, _) in EVERY]
)


@pytest.fixture
def notification() -> Any:
    return notify("alice", title="Hi", identifier="MESSAGE")


@pytest.fixture
def ask(notification: Any) -> Callable[..., Any]:
    def send(visitor: Visitor, call: tuple[str, str, Any]) -> Any:
        method, path, body = call
        if "{announcement}" in path:
            path = path.format(announcement=announce(title="Hi", identifier="OPS").pk)
        return visitor.send(method, path.format(id=notification.pk), body)

    return send


@each_call
def test_an_api_key_needs_the_scope(ask: Any, back_end: Any, scope: str, call: Any) -> None:
    assert ask(back_end(scope), call).status_code in GOOD
    others = [other for other in NEEDS if other != scope]
    assert problem(ask(back_end(*others), call)) == (403, "permission_denied")


@each_call
def test_the_scope_admin_is_all_of_them(ask: Any, back_end: Any, scope: str, call: Any) -> None:
    assert ask(back_end("admin"), call).status_code in GOOD


@each_call
def test_a_staff_session_needs_the_permission(ask: Any, root: Visitor, scope: str, call: Any) -> None:
    if scope == "tokens":
        assert problem(ask(root, call)) == (403, "permission_denied")
    else:
        assert ask(root, call).status_code in GOOD


@pytest.mark.parametrize("granted", PERMISSIONS)
@each_call
def test_each_permission_opens_its_own_calls(ask: Any, walter: Visitor, scope: str, call: Any, granted: str) -> None:
    account = get_user_model().objects.get(username="walter")
    account.is_staff = True
    account.save()
    account.user_permissions.add(Permission.objects.get(codename=PERMISSIONS[granted]))
    is_allowed = ask(walter, call).status_code in GOOD
    assert is_allowed == (granted == scope)


@each_call
def test_permissions_without_staff_status_open_nothing(ask: Any, walter: Visitor, scope: str, call: Any) -> None:
    account = get_user_model().objects.get(username="walter")
    account.user_permissions.set(Permission.objects.filter(codename__in=PERMISSIONS.values()))
    assert problem(ask(walter, call)) == (403, "permission_denied")


@each_call
def test_nobody_is_asked_who_he_is(ask: Any, charlie: Visitor, scope: str, call: Any) -> None:
    answer = ask(charlie, call)
    assert problem(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("call", [*NEEDS["create"], TOKENS], ids=str)
def test_a_user_creates_nothing_and_mints_nothing(ask: Any, alice: Visitor, call: Any) -> None:
    assert problem(ask(alice, call)) == (403, "permission_denied")


@pytest.mark.parametrize("call", [LIST, *READING_AN_INBOX, MARK, PUT, PATCH, DELETE], ids=str)
def test_a_user_reads_and_changes_the_own_inbox(ask: Any, alice: Visitor, call: Any) -> None:
    assert ask(alice, call).status_code in (200, 204)


@pytest.mark.parametrize("call", [*READING_AN_INBOX, MARK, SUBSCRIBE, UNSUBSCRIBE], ids=str)
def test_the_inbox_of_somebody_else_is_forbidden_before_any_look_up(ask: Any, bob: Visitor, call: Any) -> None:
    with statements(0):
        assert problem(ask(bob, call)) == (403, "permission_denied")


@pytest.mark.parametrize("call", [PUT, PATCH, DELETE], ids=str)
def test_the_notification_of_somebody_else_does_not_exist(ask: Any, bob: Visitor, notification: Any, call: Any) -> None:
    assert problem(ask(bob, call)) == (404, "not_found")
    notification.refresh_from_db()
    assert (notification.seq, notification.deleted_at) == (1, None)


def test_a_user_lists_the_own_ones_only(ask: Any, alice: Visitor, bob: Visitor, notification: Any) -> None:
    assert [row["id"] for row in ask(alice, LIST).json()["results"]] == [notification.pk]
    assert ask(bob, LIST).json()["results"] == []


def test_a_user_may_not_ask_for_the_list_of_another(alice: Visitor, bob: Visitor, notification: Any) -> None:
    assert alice.get("/notifications/?user_id=alice").json()["results"]
    assert problem(bob.get("/notifications/?user_id=alice")) == (403, "permission_denied")


def test_a_key_lists_everybody_or_one(shop: Visitor, notification: Any) -> None:
    other = notify("bob", title="Hi", identifier="MESSAGE")
    assert [row["id"] for row in shop.get("/notifications/").json()["results"]] == [other.pk, notification.pk]
    assert [row["id"] for row in shop.get("/notifications/?user_id=bob").json()["results"]] == [other.pk]


def test_me_is_the_own_inbox(alice: Visitor, notification: Any) -> None:
    assert alice.get("/notifications/me").json()["user_id"] == "alice"
    assert alice.get("/notifications/me/counts").json()["unread"] == 1
    assert alice.get("/notifications/me/changes").json()["to"] == 1
    assert alice.get("/notifications/?user_id=me").json()["results"][0]["id"] == notification.pk
    assert alice.post("/notifications/me/mark", {"action": "read"}).json()["changed"] == 1


@pytest.mark.parametrize("call", [SUBSCRIBE, UNSUBSCRIBE], ids=str)
def test_a_user_comes_and_goes_only_where_a_topic_is_open(ask: Any, alice: Visitor, call: Any, options: Any) -> None:
    with statements(0):
        assert problem(ask(alice, call)) == (403, "permission_denied")
        options(OPEN_TOPICS=["new", "news ", "sport"])
        assert problem(ask(alice, call)) == (403, "permission_denied")
    options(OPEN_TOPICS=["sport", "news"])
    assert ask(alice, call).status_code == 204


def test_a_user_does_not_see_who_else_is_subscribed(ask: Any, alice: Visitor, options: Any) -> None:
    options(OPEN_TOPICS=["news"])
    with statements(0):
        assert problem(ask(alice, SUBSCRIBERS)) == (403, "permission_denied")


@pytest.mark.parametrize("path", ["me", "me/counts", "me/changes", "me/topics"])
def test_who_has_no_inbox_is_not_me(shop: Visitor, root: Visitor, path: str) -> None:
    assert problem(shop.get(f"/notifications/{path}")) == (404, "not_found")
    assert problem(root.get(f"/notifications/{path}")) == (404, "not_found")


@pytest.mark.parametrize("call", [call for _, call in EVERY], ids=str)
def test_a_plain_session_of_the_service_has_no_inbox(ask: Any, walter: Visitor, call: Any) -> None:
    assert problem(ask(walter, call)) == (403, "permission_denied")


def test_a_session_of_a_host_project_has_the_inbox_of_its_user(walter: Visitor, options: Any) -> None:
    options(SESSION_INBOX="username")
    mine = notify("walter", title="Hi", identifier="MESSAGE")
    notify("alice", title="Hi", identifier="MESSAGE")
    assert [row["id"] for row in walter.get("/notifications/").json()["results"]] == [mine.pk]
    assert walter.get("/notifications/me").json()["user_id"] == "walter"
    assert walter.put(f"/notifications/{mine.pk}").json()["is_read"]
    assert problem(walter.get("/notifications/alice")) == (403, "permission_denied")
    assert problem(walter.post("/notifications/", HI)) == (403, "permission_denied")


def test_a_user_is_one_whether_integer_or_string(user: Any) -> None:
    notify(123, title="Hi", identifier="MESSAGE")
    assert user("123").get("/notifications/123").json()["user_id"] == 123


@pytest.mark.parametrize("name", ["batch", "tokens", "announcements", "ws", "keys", "schema"])
def test_reserved_names_are_no_user_ids(shop: Visitor, name: str) -> None:
    if name in ("batch", "tokens", "announcements"):
        answer = shop.get(f"/notifications/{name}")
        assert problem(answer) == (405, "method_not_allowed")
        assert answer["Allow"] == "POST"
    else:
        assert errors(shop.get(f"/notifications/{name}")) == [("user_id", "invalid")]
    assert errors(shop.get(f"/notifications/{name}/counts")) == [("user_id", "invalid")]
    assert errors(shop.post("/notifications/", {**HI, "user_id": name})) == [("user_id", "invalid")]
