"""Announcements over REST: made, followed, corrected, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import notify
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement, AnnouncementPart, Notification
from tests import ledger
from tests.api.visitor import Visitor, errors, problem, statements

PATH = "/notifications/announcements"
NEWS = {"title": "Maintenance at noon", "identifier": "OPS"}
ALL = {"audience": "everyone", **NEWS}


@pytest.fixture
def ops(back_end: Any) -> Visitor:
    return back_end("create")


def announced(visitor: Visitor, body: Any, **headers: str) -> dict[str, Any]:
    answer = visitor.post(PATH, body, **headers)
    assert answer.status_code == 202, answer.content
    found: dict[str, Any] = answer.json()
    assert list(found) == ["id", "recipients"]
    return found


@pytest.mark.parametrize("slash", ["", "/"])
def test_everyone_gets_it_and_nobody_is_counted(ops: Visitor, alice: Visitor, slash: str) -> None:
    notify("alice", title="Hi", identifier="MESSAGE")
    answer = ops.post(f"{PATH}{slash}", {**ALL, "description": "Soon", "data": {"a": 1}, "priority": "high"})
    assert answer.status_code == 202
    assert answer.json()["recipients"] is None
    inbox = alice.get("/notifications/me").json()
    assert (inbox["unread"], inbox["seq"]) == (2, 2)
    assert [row["title"] for row in inbox["results"]] == ["Maintenance at noon", "Hi"]
    first = inbox["results"][0]
    assert (first["description"], first["data"], first["priority"]) == ("Soon", {"a": 1}, "high")
    assert "announcement" not in first


@pytest.mark.parametrize(
    "path", ["/notifications/me", "/notifications/me/counts", "/notifications/me/changes", "/notifications/"]
)
def test_whatever_a_user_asks_first_has_it(ops: Visitor, alice: Visitor, path: str) -> None:
    alice.get("/notifications/me")
    announced(ops, ALL)
    answer = alice.get(path).json()
    assert answer["unread"] == 1 if "unread" in answer else len(answer["results"]) == 1
    assert ledger.check("alice", seq=1).unread == 1


def test_one_users_list_has_it_and_the_list_of_everything_what_was_taken_in(shop: Visitor) -> None:
    for user in ("alice", "bob"):
        notify(user, title="Hi", identifier="MESSAGE")
    announced(shop, ALL)
    assert len(shop.get("/notifications/?user_id=alice").json()["results"]) == 2
    assert len(shop.get("/notifications/").json()["results"]) == 3


def test_an_etag_changes_with_an_announcement(ops: Visitor, alice: Visitor) -> None:
    etag = alice.get("/notifications/me")["ETag"]
    assert alice.get("/notifications/me", If_None_Match=etag).status_code == 304
    announced(ops, ALL)
    assert alice.get("/notifications/me", If_None_Match=etag).status_code == 200
    with statements(1):
        alice.get("/notifications/me")


def test_a_list_is_delivered_to_each_user_once(ops: Visitor) -> None:
    found = announced(ops, {"user_ids": [123, "123", "alice", "alice", "bob"], **NEWS})
    assert found["recipients"] == 3
    assert ops.get(f"{PATH}/{found['id']}").json()["delivered"] == 0
    assert deliver_next()
    assert not deliver_next()
    told = ops.get(f"{PATH}/{found['id']}").json()
    assert (told["audience"], told["recipients"], told["delivered"]) == ("list", 3, 3)
    for user in ("123", "alice", "bob"):
        assert ledger.check(user, seq=1).unread == 1
    assert AnnouncementPart.objects.get().user_ids == []


def test_ten_thousand_user_ids_are_taken(ops: Visitor) -> None:
    assert announced(ops, {"user_ids": [f"customer-{n:06}" for n in range(10_000)], **NEWS})["recipients"] == 10_000
    assert AnnouncementPart.objects.count() == 10


def test_it_can_be_followed(ops: Visitor, alice: Visitor) -> None:
    alice.get("/notifications/me")
    made = announced(ops, {**ALL, "include_new": True, "expires_at": "2999-01-01T00:00:00Z"})
    told = ops.get(f"{PATH}/{made['id']}/").json()
    assert {name: told[name] for name in ("id", "audience", "recipients", "delivered", "include_new", "title")} == {
        "id": made["id"], "audience": "everyone", "recipients": None, "delivered": 0, "include_new": True,
        "title": NEWS["title"],
    }  # fmt: skip
    assert (told["expires_at"], told["retracted_at"]) == ("2999-01-01T00:00:00.000000Z", None)
    alice.get("/notifications/me/counts")
    assert ops.get(f"{PATH}/{made['id']}").json()["delivered"] == 1


def test_it_can_be_corrected(ops: Visitor, alice: Visitor) -> None:
    alice.get("/notifications/me")
    made = announced(ops, ALL)
    alice.get("/notifications/me")
    answer = ops.patch(f"{PATH}/{made['id']}", {"title": " At one ", "description": "Sorry", "action_url": "/status"})
    assert answer.status_code == 200
    assert answer.json()["title"] == "At one"
    (row,) = alice.get("/notifications/me").json()["results"]
    assert (row["title"], row["description"], row["action_url"], row["seq"]) == ("At one", "Sorry", "/status", 2)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"identifier": "OTHER"}, [("identifier", "unknown_field")]),
        ({"user_ids": [1]}, [("user_ids", "unknown_field")]),
        ({"title": ""}, [("title", "blank")]),
        ({"title": None, "data": []}, [("title", "null"), ("data", "invalid")]),
        ({"expires_at": "2001-01-01T00:00:00Z"}, [("expires_at", "invalid")]),
        ({}, []),
    ],
    ids=str,
)
def test_a_bad_correction_changes_nothing(ops: Visitor, body: Any, expected: Any) -> None:
    made = announced(ops, ALL)
    answer = ops.patch(f"{PATH}/{made['id']}", body)
    assert errors(answer) == expected
    assert Announcement.objects.get().seq == 1


def test_it_can_be_taken_back(ops: Visitor, alice: Visitor) -> None:
    alice.get("/notifications/me")
    made = announced(ops, ALL)
    assert alice.get("/notifications/me/counts").json()["unread"] == 1
    for _ in range(2):
        assert ops.delete(f"{PATH}/{made['id']}").status_code == 204
    assert alice.get("/notifications/me/counts").json()["unread"] == 0
    assert ops.get(f"{PATH}/{made['id']}").json()["retracted_at"] is not None
    assert problem(ops.patch(f"{PATH}/{made['id']}", {"title": "No"})) == (409, "announcement_ended")


def test_a_list_that_is_taken_back_is_not_delivered_any_further(ops: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 2)
    made = announced(ops, {"user_ids": [1, 2, 3, 4], **NEWS})
    assert deliver_next()
    ops.delete(f"{PATH}/{made['id']}")
    while deliver_next():
        continue
    assert Notification.objects.count() == 2
    assert ops.get("/notifications/1/counts").status_code == 403
    assert ledger.check("1").unread == 1


def test_an_idempotency_key_announces_once(ops: Visitor) -> None:
    first = ops.post(PATH, ALL, Idempotency_Key="k")
    again = ops.post(PATH, ALL, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Announcement.objects.count() == 1
    assert problem(ops.post(PATH, {**ALL, "title": "Other"}, Idempotency_Key="k")) == (422, "idempotency_key_reused")


def test_every_bad_member_is_named(ops: Visitor) -> None:
    body = {"user_ids": [1, "me", True], "title": "", "identifier": "OPS", "colour": "red"}
    assert errors(ops.post(PATH, body)) == [
        ("user_ids[1]", "invalid"), ("user_ids[2]", "invalid"), ("title", "blank"), ("colour", "unknown_field"),
    ]  # fmt: skip
    assert errors(ops.post(PATH, NEWS)) == [("audience", "required")]
    assert not Announcement.objects.exists()


def test_announcing_to_everyone_takes_two_statements(ops: Visitor) -> None:
    with statements(2):
        announced(ops, ALL)
