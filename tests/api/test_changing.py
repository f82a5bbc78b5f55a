"""Changing notifications: one by PUT, PATCH and DELETE, many by mark."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import notify
from notifications.actions.erasure import erase
from notifications.api import notifications as notifications_api
from notifications.models import Inbox, Notification
from tests.api.visitor import Visitor, errors, problem, statements


def fire(user: str = "alice", **fields: Any) -> int:
    return notify(user, **{"title": "Hi", "identifier": "MESSAGE", **fields}).pk


def seq() -> int:
    return Inbox.objects.get(pk="alice").seq


def states(row: dict[str, Any]) -> tuple[bool, bool, bool]:
    return row["is_read"], row["seen_at"] is not None, row["archived_at"] is not None


@pytest.mark.parametrize("body", [None, {}, {"is_read": True}], ids=str)
def test_put_marks_read_and_so_seen(alice: Visitor, body: Any) -> None:
    pk = fire()
    answer = alice.put(f"/notifications/{pk}", body)
    assert answer.status_code == 200
    row = answer.json()
    assert (row["id"], row["seq"], *states(row)) == (pk, 2, True, True, False)
    assert row["read_at"] == row["seen_at"] == row["updated_at"]


def test_put_with_a_content_type_and_no_body_is_the_prototypes_call(alice: Visitor) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
        assert alice.send("PUT", f"/notifications/{fire()}", raw=b"", Content_Type=kind).json()["is_read"]


def test_reading_twice_keeps_the_first_time_and_writes_nothing(alice: Visitor) -> None:
    pk = fire()
    first = alice.put(f"/notifications/{pk}").json()
    with statements(1):
        again = alice.put(f"/notifications/{pk}").json()
    assert again == first
    assert seq() == 2


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_erased_meanwhile_is_not_there(alice: Visitor, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = notifications_api._find

    def find_the_last_time(*args: Any) -> Notification:
        found = find(*args)
        erase("alice")
        return found

    monkeypatch.setattr(notifications_api, "_find", find_the_last_time)
    assert alice.send(method, f"/notifications/{fire()}").status_code == 404


def test_put_false_marks_unread_and_leaves_seen(alice: Visitor) -> None:
    pk = fire()
    alice.put(f"/notifications/{pk}")
    row = alice.put(f"/notifications/{pk}", {"is_read": False}).json()
    assert (row["seq"], row["read_at"], *states(row)) == (3, None, False, True, False)
    assert alice.put(f"/notifications/{pk}", {"is_read": False}).json() == row


@pytest.mark.parametrize(
    ("body", "becomes"),
    [
        ({"is_read": True}, (True, True, False)),
        ({"is_seen": True}, (False, True, False)),
        ({"is_archived": True}, (False, False, True)),
        ({"is_read": False, "is_seen": False, "is_archived": False}, (False, False, False)),
        ({"is_read": True, "is_archived": True}, (True, True, True)),
        ({"is_read": False, "is_seen": True}, (False, True, False)),
    ],
    ids=str,
)
def test_patch_changes_what_it_names(alice: Visitor, body: Any, becomes: Any) -> None:
    pk = fire()
    assert states(alice.patch(f"/notifications/{pk}", body).json()) == becomes
    before = seq()
    assert states(alice.patch(f"/notifications/{pk}", body).json()) == becomes
    assert seq() == before


def test_patch_undoes_everything(alice: Visitor) -> None:
    pk = fire()
    alice.patch(f"/notifications/{pk}", {"is_read": True, "is_archived": True})
    row = alice.patch(f"/notifications/{pk}", {"is_read": False, "is_seen": False, "is_archived": False}).json()
    assert states(row) == (False, False, False)
    head = Inbox.objects.head("alice")
    assert (head.unread, head.unseen) == (1, 1)


@pytest.mark.parametrize("body", [{"is_seen": False}, {"is_seen": False, "is_read": True}], ids=str)
def test_what_is_read_was_seen(alice: Visitor, body: Any) -> None:
    pk = fire()
    alice.put(f"/notifications/{pk}")
    assert errors(alice.patch(f"/notifications/{pk}", body)) == [("is_seen", "invalid")]
    assert seq() == 2


def test_what_is_to_be_read_and_unseen_at_once_is_left_alone(alice: Visitor) -> None:
    pk = fire()
    assert errors(alice.patch(f"/notifications/{pk}", {"is_seen": False, "is_read": True})) == [("is_seen", "invalid")]
    assert seq() == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"is_read": 1}, ("is_read", "invalid")),
        ({"is_read": "true"}, ("is_read", "invalid")),
        ({"is_read": None}, ("is_read", "invalid")),
        ({"title": "x"}, ("title", "unknown_field")),
        ({"is_read": True, "read_at": None}, ("read_at", "unknown_field")),
    ],
    ids=str,
)
def test_a_bad_state_is_refused(alice: Visitor, body: Any, error: tuple[str, str]) -> None:
    pk = fire()
    assert errors(alice.put(f"/notifications/{pk}", body)) == [error]
    assert errors(alice.patch(f"/notifications/{pk}", body)) == [error]
    assert seq() == 1


def test_put_knows_only_is_read(alice: Visitor) -> None:
    assert errors(alice.put(f"/notifications/{fire()}", {"is_seen": True})) == [("is_seen", "unknown_field")]


def test_patch_must_name_something(alice: Visitor) -> None:
    pk = fire()
    assert errors(alice.patch(f"/notifications/{pk}", {})) == []
    assert problem(alice.patch(f"/notifications/{pk}")) == (400, "malformed_json")


def test_delete_leaves_nothing_to_see(alice: Visitor) -> None:
    pk = fire()
    answer = alice.delete(f"/notifications/{pk}")
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("PUT", "PATCH", "DELETE"):
        assert problem(alice.send(method, f"/notifications/{pk}", {"is_read": True})) == (404, "not_found")
    assert alice.get("/notifications/alice?status=all").json()["results"] == []
    assert Inbox.objects.head("alice").unread == 0


@pytest.mark.parametrize(
    "text",
    ["0", "01", "-1", "+1", "1.0", "1e3", "abc", "me", "%D9%A1", str(2**63), "9" * 400, "%201", "1%0A", "1_0", "0x1"],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_cannot_be_an_id_is_404(shop: Visitor, method: str, text: str) -> None:
    fire()
    assert problem(shop.send(method, f"/notifications/{text}", {"is_read": True})) == (404, "not_found")


def test_the_largest_id_is_only_unknown(shop: Visitor) -> None:
    assert problem(shop.put(f"/notifications/{2**63 - 1}")) == (404, "not_found")


def test_a_key_changes_anybodys(shop: Visitor) -> None:
    assert shop.put(f"/notifications/{fire('bob')}").json()["is_read"]


def test_marking_everything_up_to_now(alice: Visitor) -> None:
    newest = [fire() for _ in range(3)][-1]
    fire("bob")
    body = alice.post("/notifications/me/mark", {"action": "read"}).json()
    assert body == {"changed": 3, "up_to": newest, "unread": 0, "unseen": 0, "seq": 6}
    assert list(body) == ["changed", "up_to", "unread", "unseen", "seq"]
    again = alice.post("/notifications/me/mark", {"action": "read"}).json()
    assert (again["changed"], again["seq"]) == (0, 6)
    assert Inbox.objects.head("bob").unread == 1


def test_marking_leaves_newer_ones_alone(alice: Visitor) -> None:
    first, _ = fire(), fire()
    body = alice.post("/notifications/me/mark", {"action": "archive", "up_to": first}).json()
    assert (body["changed"], body["up_to"], body["unread"]) == (1, first, 1)


def test_marking_one_kind(alice: Visitor) -> None:
    fire()
    fire(identifier="OTHER")
    body = alice.post("/notifications/me/mark", {"action": "seen", "identifier": "OTHER"}).json()
    assert (body["changed"], body["unread"], body["unseen"]) == (1, 2, 1)


def test_foreign_and_unknown_ids_are_silently_not_counted(alice: Visitor) -> None:
    mine, foreign = fire(), fire("bob")
    body = alice.post("/notifications/me/mark", {"action": "delete", "ids": [mine, mine, foreign, 2**63 - 1]}).json()
    assert (body["changed"], body["up_to"], body["unread"]) == (1, None, 0)
    assert Inbox.objects.head("bob").unread == 1


@pytest.mark.parametrize("action", ["read", "unread", "seen", "archive", "unarchive", "delete"])
def test_every_verb_is_known_and_may_be_repeated(alice: Visitor, action: str) -> None:
    fire()
    for _ in range(2):
        assert alice.post("/notifications/me/mark", {"action": action}).status_code == 200


def test_an_empty_inbox_is_marked_up_to_nothing(alice: Visitor) -> None:
    body = alice.post("/notifications/me/mark", {"action": "read"}).json()
    assert body == {"changed": 0, "up_to": 0, "unread": 0, "unseen": 0, "seq": 0}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("action", "required")),
        ({"action": "unseen"}, ("action", "invalid")),
        ({"action": "READ"}, ("action", "invalid")),
        ({"action": None}, ("action", "invalid")),
        ({"action": ["read"]}, ("action", "invalid")),
        ({"action": "read", "ids": []}, ("ids", "invalid")),
        ({"action": "read", "ids": [1] * 501}, ("ids", "invalid")),
        ({"action": "read", "ids": 5}, ("ids", "invalid")),
        ({"action": "read", "ids": ["5"]}, ("ids", "invalid")),
        ({"action": "read", "ids": [True]}, ("ids", "invalid")),
        ({"action": "read", "ids": [0]}, ("ids", "invalid")),
        ({"action": "read", "ids": [1.0]}, ("ids", "invalid")),
        ({"action": "read", "ids": [2**63]}, ("ids", "invalid")),
        ({"action": "read", "ids": None}, ("ids", "invalid")),
        ({"action": "read", "ids": [1], "up_to": 1}, ("ids", "invalid")),
        ({"action": "read", "ids": [1], "identifier": "M"}, ("ids", "invalid")),
        ({"action": "read", "up_to": 0}, ("up_to", "invalid")),
        ({"action": "read", "up_to": "5"}, ("up_to", "invalid")),
        ({"action": "read", "up_to": None}, ("up_to", "invalid")),
        ({"action": "read", "identifier": ""}, ("identifier", "invalid")),
        ({"action": "read", "identifier": 5}, ("identifier", "invalid")),
        ({"action": "read", "all": True}, ("all", "unknown_field")),
    ],
    ids=lambda value: str(value)[:50],
)
def test_a_bad_mark_is_refused(alice: Visitor, body: Any, error: tuple[str, str]) -> None:
    fire()
    assert errors(alice.post("/notifications/me/mark", body)) == [error]
    assert seq() == 1


def test_every_unknown_member_of_a_mark_is_named(alice: Visitor) -> None:
    asked = {"action": "read", "zebra": 1, "all": True}
    answer = alice.post("/notifications/me/mark", asked)
    assert errors(answer) == [("zebra", "unknown_field"), ("all", "unknown_field")]


def test_nothing_that_changes_goes_round_the_numbering(alice: Visitor) -> None:
    pk = fire()
    alice.put(f"/notifications/{pk}")
    alice.patch(f"/notifications/{pk}", {"is_archived": True})
    alice.post("/notifications/me/mark", {"action": "unarchive"})
    alice.delete(f"/notifications/{pk}")
    assert Notification._base_manager.get(pk=pk).seq == seq() == 5
