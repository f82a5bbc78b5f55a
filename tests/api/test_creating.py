"""Creating: one, many, or the same again."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import limits
from notifications.models import Notification
from tests.api.visitor import HI, Visitor, errors, problem, statements

FULL = {
    "user_id": 123,
    "title": " New Message Received ",
    "description": "This is a new message\n\tfrom John Doe",
    "identifier": "MESSAGE",
    "data": {"a": [1, 1.5, None, True, {"ü": "😀"}]},
    "action_url": "/orders/7",
    "priority": "urgent",
    "expires_at": "2099-01-01T00:00:00.5+01:00",
    "dedupe_key": "k",
}


def test_the_answer_is_the_whole_notification(shop: Visitor) -> None:
    answer = shop.post("/notifications/", FULL)
    assert answer.status_code == 201
    body = answer.json()
    stored = Notification.objects.get()
    assert body == {
        "id": stored.pk,
        "user_id": 123,
        "seq": 1,
        "title": "New Message Received",
        "description": "This is a new message\n\tfrom John Doe",
        "identifier": "MESSAGE",
        "data": FULL["data"],
        "action_url": "/orders/7",
        "priority": "urgent",
        "is_read": False,
        "read_at": None,
        "seen_at": None,
        "archived_at": None,
        "created_at": body["created_at"],
        "updated_at": body["updated_at"],
        "expires_at": "2098-12-31T23:00:00.500000Z",
    }
    assert body["created_at"].endswith("Z")


def test_what_is_left_out_has_its_default(shop: Visitor) -> None:
    created = shop.create()
    assert created["description"] == ""
    assert created["data"] == {}
    assert created["action_url"] is None
    assert created["priority"] == "normal"
    assert created["expires_at"] is None


def test_every_bad_field_is_named_at_once(shop: Visitor) -> None:
    body = {"title": "", "identifier": "x" * 101, "user_id": True, "colour": "red", "is_read": True, "data": None}
    assert sorted(errors(shop.post("/notifications/", body))) == [
        ("colour", "unknown_field"),
        ("data", "null"),
        ("identifier", "max_length"),
        ("is_read", "unknown_field"),
        ("title", "blank"),
        ("user_id", "invalid"),
    ]


@pytest.mark.parametrize(
    "name",
    ["id", "seq", "is_read", "is_seen", "read_at", "seen_at", "archived_at", "is_archived", "created_at", "deleted_at"],
)
def test_a_read_only_member_is_unknown(shop: Visitor, name: str) -> None:
    assert errors(shop.post("/notifications/", {**HI, name: None})) == [(name, "unknown_field")]


def test_an_absurd_number_of_errors_is_not_told_in_full(shop: Visitor) -> None:
    answer = shop.post("/notifications/", {**HI, **{f"x{number}": 0 for number in range(5000)}, "y" * 5000: 1})
    assert len(errors(answer)) == 100
    assert len(answer.content) < 20_000


def test_a_used_dedupe_key_returns_the_first_with_200(shop: Visitor) -> None:
    first = shop.create(dedupe_key="order-7")
    again = shop.post("/notifications/", {**HI, "title": "Another", "dedupe_key": "order-7"})
    assert (again.status_code, again.json()) == (200, first)
    assert shop.create(dedupe_key="order-7", user_id="bob")["id"] != first["id"]


@pytest.mark.parametrize(("number", "fields"), [(3, {}), (4, {"dedupe_key": "k"})])
def test_creating_takes_so_many_statements(shop: Visitor, number: int, fields: dict[str, Any]) -> None:
    with statements(number):
        shop.create(**fields)


def test_with_an_idempotency_key_it_takes_two_more_to_claim_and_one_to_answer(shop: Visitor) -> None:
    with statements(6):
        assert shop.post("/notifications/", HI, Idempotency_Key="k").status_code == 201


def test_a_batch_is_stored_in_order(shop: Visitor) -> None:
    items = [{**HI, "title": f"Number {number}", "user_id": f"user{number % 3}"} for number in range(7)]
    answer = shop.post("/notifications/batch", {"notifications": items})
    assert answer.status_code == 201
    body = answer.json()
    assert list(body) == ["created", "ids"]
    assert body["created"] == 7
    titles = dict(Notification.objects.values_list("pk", "title"))
    assert [titles[pk] for pk in body["ids"]] == [item["title"] for item in items]


def test_a_batch_counts_only_what_is_new(shop: Visitor) -> None:
    first = shop.create(dedupe_key="a")
    items = [{**HI, "dedupe_key": "a"}, {**HI, "dedupe_key": "b"}, {**HI, "dedupe_key": "b"}]
    body = shop.post("/notifications/batch", {"notifications": items}).json()
    assert body["created"] == 1
    assert body["ids"][0] == first["id"]
    assert body["ids"][1] == body["ids"][2]


def test_a_batch_is_all_or_nothing_and_names_the_index(shop: Visitor) -> None:
    items = [HI, {**HI, "title": ""}, "nonsense", {**HI, "is_read": True, "user_id": 0}]
    assert sorted(errors(shop.post("/notifications/batch", {"notifications": items}))) == [
        ("notifications[1].title", "blank"),
        ("notifications[2]", "invalid"),
        ("notifications[3].is_read", "unknown_field"),
        ("notifications[3].user_id", "invalid"),
    ]
    assert not Notification.objects.exists()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("notifications", "required")),
        ({"notifications": []}, ("notifications", "invalid")),
        ({"notifications": {}}, ("notifications", "invalid")),
        ({"notifications": [HI] * 1001}, ("notifications", "invalid")),
        ({"notifications": [HI], "more": 1}, ("more", "unknown_field")),
    ],
    ids=["missing", "none", "object", "too many", "unknown"],
)
def test_a_bad_batch_is_refused(shop: Visitor, body: Any, error: tuple[str, str]) -> None:
    assert errors(shop.post("/notifications/batch", body)) == [error]


def test_the_largest_batch(shop: Visitor) -> None:
    answer = shop.post("/notifications/batch", {"notifications": [HI] * limits.BATCH_MAX})
    assert answer.json()["created"] == limits.BATCH_MAX


def test_a_body_of_exactly_64_kib_is_read_and_one_byte_more_is_not(shop: Visitor) -> None:
    padded = b'{"title":"Hi","identifier":"M","user_id":1}'.ljust(limits.BODY_MAX)
    answer = shop.send("POST", "/notifications/", raw=padded)
    assert answer.status_code == 201
    assert problem(shop.send("POST", "/notifications/", raw=padded + b" ")) == (413, "too_large")


def test_a_batch_may_have_1_mib(shop: Visitor) -> None:
    padded = b'{"notifications":[{"title":"Hi","identifier":"M","user_id":1}]}'.ljust(limits.BATCH_BODY_MAX)
    assert shop.send("POST", "/notifications/batch", raw=padded).status_code == 201
    assert problem(shop.send("POST", "/notifications/batch", raw=padded + b" ")) == (413, "too_large")


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json;charset=utf-8", 'APPLICATION/JSON; charset="UTF-8"']
)
def test_json_in_utf_8_is_taken_however_it_is_spelt(shop: Visitor, kind: str) -> None:
    assert shop.post("/notifications/", HI, Content_Type=kind).status_code == 201


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "nonsense"])
def test_the_answer_is_json_whatever_is_accepted(shop: Visitor, accept: str) -> None:
    answer = shop.post("/notifications/", HI, Accept=accept)
    assert (answer.status_code, answer["Content-Type"]) == (201, "application/json")


def test_text_is_stored_verbatim(shop: Visitor) -> None:
    text = "<script>alert('ü😀')</script>&amp; \u202e %s {x}"
    assert shop.create(title=text, description=text)["title"] == text
    assert shop.get("/notifications/alice").json()["results"][0]["description"] == text


def test_answers_are_private(shop: Visitor) -> None:
    shop.create()
    for path in ("/notifications/", "/notifications/alice", "/notifications/alice/counts", "/notifications/nobody/x"):
        answer = shop.get(path)
        if answer.status_code == 200:
            assert answer["Cache-Control"] == "private, no-cache"
