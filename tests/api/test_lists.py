"""The list of everything: filters, and pages that neither shift nor repeat."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import notify
from notifications.models import Notification
from notifications.wire import cursors
from notifications.wire.cursors import Cursor
from tests.api.visitor import Visitor, errors, statements


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def fire(user: str = "alice", **fields: Any) -> int:
    return notify(user, **{"title": "Hi", "identifier": "MESSAGE", **fields}).pk


def marked(*verbs: str) -> int:
    pk = fire()
    for verb in verbs:
        Notification.objects.filter(pk=pk).apply(verb)
    return pk


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def test_the_newest_come_first_twenty_at_a_time(shop: Visitor) -> None:
    fired = [fire() for _ in range(25)]
    first = shop.get("/notifications/")
    assert list(first.json()) == ["next", "previous", "results"]
    assert ids(first) == fired[:4:-1]
    assert first.json()["previous"] is None
    second = shop.get(path_of(first.json()["next"]))
    assert ids(second) == fired[4::-1]
    assert second.json()["next"] is None
    back = shop.get(path_of(second.json()["previous"]))
    assert ids(back) == ids(first)
    assert back.json()["previous"] is None


def test_the_order_is_that_of_the_ids_whatever_the_clocks_said(shop: Visitor) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for hours in (0, 2, 1, 1, -1):
        row = Notification.from_input({"user_id": "alice", "title": "Hi", "identifier": "M"})
        row.created_at = noon + timedelta(hours=hours)
        row.save()
    fired = list(Notification.objects.order_by("-id").values_list("pk", flat=True))
    first = shop.get("/notifications/?limit=3")
    assert ids(first) + ids(shop.get(path_of(first.json()["next"]))) == fired


def test_an_empty_list_has_no_neighbours(shop: Visitor) -> None:
    assert shop.get("/notifications/").json() == {"next": None, "previous": None, "results": []}


def test_links_are_absolute_and_keep_the_query(shop: Visitor) -> None:
    for _ in range(3):
        fire(title="a&b", identifier="a b/c")
    query = urlencode({"identifier": "a b/c", "search": "a&b", "limit": 2})
    following = shop.get(f"/notifications?{query}").json()["next"]
    assert following.startswith("http://testserver/notifications?")
    assert len(ids(shop.get(path_of(following)))) == 1


def test_each_status_lists_its_own(shop: Visitor) -> None:
    new, seen, read = marked(), marked("seen"), marked("read")
    archived, gone = marked("archive"), marked("delete")
    expected = {
        "": [read, seen, new],
        "status=unread": [seen, new],
        "status=read": [read],
        "status=unseen": [new],
        "status=archived": [archived],
        "status=all": [archived, read, seen, new],
    }
    for query, wanted in expected.items():
        assert ids(shop.get(f"/notifications/?{query}")) == wanted, query
        assert gone not in wanted


def test_the_other_filters(shop: Visitor) -> None:
    plain = fire()
    other = fire("bob", identifier="order.shipped", priority="urgent", title="Your ORDER 100%", description="x_y")
    for query, wanted in {
        "user_id=bob": [other],
        "user_id=nobody": [],
        "identifier=order.shipped": [other],
        "identifier=order": [],
        "priority=urgent": [other],
        "priority=normal": [plain],
        "search=order": [other],
        "search=0%25": [other],
        "search=x_y": [other],
        "search=x%25y": [],
        "search=HI": [plain],
        "user_id=alice&priority=urgent": [],
    }.items():
        assert ids(shop.get(f"/notifications/?{query}")) == wanted, query


def test_an_integer_user_id_finds_its_inbox(shop: Visitor) -> None:
    mine = fire(123)  # type: ignore[arg-type]
    assert ids(shop.get("/notifications/?user_id=123")) == [mine]


def test_times_bound_the_list_without_their_own_moment(shop: Visitor) -> None:
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    for hours in range(3):
        row = Notification.from_input({"user_id": "alice", "title": "Hi", "identifier": "M"})
        row.created_at = noon + timedelta(hours=hours)
        row.save()
    early, middle, late = Notification.objects.order_by("id").values_list("pk", flat=True)
    for query, wanted in {
        "created_after=2026-11-22T12:00:00Z": [late, middle],
        "created_before=2026-11-22T15:00:00%2B01:00": [middle, early],
        "created_after=2026-11-22T12:00:00Z&created_before=2026-11-22T14:00:00Z": [middle],
        "created_after=0001-01-02T00:00:00Z&created_before=9999-12-30T00:00:00Z": [late, middle, early],
    }.items():
        assert ids(shop.get(f"/notifications/?{query}")) == wanted, query


def bad(name: str, *values: str, code: str = "invalid") -> list[tuple[str, tuple[str, str]]]:
    return [(f"{name}={value}", (name, code)) for value in values]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("colour=red", ("colour", "unknown_field")),
        ("format=json", ("format", "unknown_field")),
        ("page=2", ("page", "unknown_field")),
        ("=", ("", "unknown_field")),
        ("limit=5&limit=5", ("limit", "invalid")),
        ("status=all&status=read", ("status", "invalid")),
        *bad("limit", "0", "101", "-1", "1.0", "x", "", "+5", "05", "%D9%A1"),
        *bad("status", "", "READ", "deleted", "unread%20"),
        *bad("priority", "", "High", "critical"),
        *bad("user_id", "", "0", "-1", "1_0", "%201", "me", "a%00", "a/b"),
        *bad("identifier", "", "%20a", "a%0A", "%FF", "a" * 101),
        *bad("search", "a" * 201, "a%00b", "%FF", "%ED%A0%80"),
        *bad("created_after", "", "2026-11-22", "2026-11-22T10:00:00", "2026-02-30T10:00:00Z", "now", "1"),
        *bad("created_before", "2026-11-22T10:00:00+01:00"),
        *bad("cursor", "", "x", "AAAAAAAAAAAA", "Af__________", "-" * 12, "AAAAAAAAAAE=", code="invalid_cursor"),
    ],
)
def test_a_bad_query_is_refused_by_name(shop: Visitor, query: str, error: tuple[str, str]) -> None:
    assert errors(shop.get(f"/notifications/?{query}")) == [error]


def test_every_bad_parameter_is_named_at_once(shop: Visitor) -> None:
    answer = shop.get("/notifications/?limit=0&status=x&colour=red&cursor=x")
    assert sorted(errors(answer)) == [
        ("colour", "unknown_field"),
        ("cursor", "invalid_cursor"),
        ("limit", "invalid"),
        ("status", "invalid"),
    ]


def test_what_takes_no_parameter_refuses_every_one(shop: Visitor) -> None:
    pk = fire()
    for method, path in [
        ("POST", "/notifications/"),
        ("POST", "/notifications/batch"),
        ("POST", "/notifications/tokens"),
        ("PUT", f"/notifications/{pk}"),
        ("PATCH", f"/notifications/{pk}"),
        ("DELETE", f"/notifications/{pk}"),
        ("GET", "/notifications/alice/counts"),
        ("POST", "/notifications/alice/mark"),
    ]:
        assert errors(shop.send(method, f"{path}?limit=1")) == [("limit", "unknown_field")], path


def test_a_list_takes_one_statement(shop: Visitor) -> None:
    for _ in range(3):
        fire()
    with statements(1):
        shop.get("/notifications/")
    with statements(1):
        shop.get("/notifications/?user_id=alice&status=unread&identifier=MESSAGE&search=hi&limit=2")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 7),
    arrivals=st.lists(st.integers(0, 3), max_size=8),
    leavers=st.sets(st.integers(0, 19), max_size=6),
)
def test_paging_shows_each_row_once_whatever_comes_and_goes(
    shop: Visitor, limit: int, arrivals: list[int], leavers: set[int]
) -> None:
    Notification._base_manager.all()._raw_delete(using="default")
    first = [fire() for _ in range(20)]
    arriving = iter(arrivals)
    seen: list[int] = []
    url: str | None = f"/notifications/?limit={limit}"
    leave = sorted(leavers)
    while url:
        body = shop.get(url).json()
        seen += [row["id"] for row in body["results"]]
        for _ in range(next(arriving, 0)):
            fire()
        if leave:
            Notification.objects.filter(pk=first[leave.pop()]).delete()
        url = body["next"] and path_of(body["next"])
    assert seen == sorted(set(seen), reverse=True)
    assert set(first) - {first[index] for index in leavers} <= set(seen) <= set(first)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 7), number=st.integers(0, 16))
def test_the_way_back_shows_the_same_pages(shop: Visitor, limit: int, number: int) -> None:
    Notification._base_manager.all()._raw_delete(using="default")
    fired = [fire() for _ in range(number)]
    forth, url = [], f"/notifications/?limit={limit}"
    while True:
        body = shop.get(url).json()
        forth += [row["id"] for row in body["results"]]
        if body["next"] is None:
            break
        url = path_of(body["next"])
    back = [row["id"] for row in body["results"]]
    while body["previous"] is not None:
        body = shop.get(path_of(body["previous"])).json()
        back = [row["id"] for row in body["results"]] + back
    assert forth == back == fired[::-1]


def test_a_cursor_outlives_its_row(shop: Visitor) -> None:
    fired = [fire() for _ in range(3)]
    Notification.objects.filter(pk=fired[1]).delete()
    assert ids(shop.get(f"/notifications/?cursor={cursors.encode(Cursor('older', fired[1]))}")) == [fired[0]]
    assert ids(shop.get(f"/notifications/?cursor={cursors.encode(Cursor('newer', fired[1]))}")) == [fired[2]]


@pytest.mark.parametrize("direction", ["older", "newer"])
@pytest.mark.parametrize("identity", [1, 2**63 - 1])
def test_the_ends_of_the_ids_are_no_trouble(shop: Visitor, direction: Any, identity: int) -> None:
    mine = fire()
    body = shop.get(f"/notifications/?cursor={cursors.encode(Cursor(direction, identity))}").json()
    assert [row["id"] for row in body["results"]] in ([], [mine])
    for url in (body["next"], body["previous"]):
        assert url is None or shop.get(path_of(url)).status_code == 200
