"""Whatever is asked, both lanes answer and store the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import announce, notify
from notifications.actions.tokens import mint_token
from notifications.models import APIKey
from tests.api.express.lanes import Asked, Got, Lanes, stored, undone
from tests.api.hostile.inputs import INPUTS

pytestmark = pytest.mark.django_db


def play(lanes: Lanes, requests: list[Asked], *, is_closed: bool) -> tuple[list[Got], Any]:
    lanes.is_closed = is_closed
    moment = lanes.moment
    try:
        with undone():
            return [lanes.ask(asked) for asked in requests], stored()
    finally:
        lanes.is_closed, lanes.moment = False, moment


def same(lanes: Lanes, requests: list[Asked]) -> list[Got]:
    """What the lane answered, which is what Django answers."""
    (express, in_lane), (django, in_django) = (play(lanes, requests, is_closed=flag) for flag in (False, True))
    for asked, got, expected in zip(requests, express, django, strict=True):
        assert got == expected, asked
    assert in_lane == in_django
    return express


def test_every_bad_input_gets_the_same_answer(lanes: Lanes, key: str) -> None:
    pk = notify("alice", title="Kept", identifier="MESSAGE").pk
    announcement = announce(["zoe"], title="Kept", identifier="OPS").pk
    for hostile in INPUTS:
        headers = {"Authorization": f"Bearer {key}", **hostile.headers}
        path = hostile.path_to(id=pk, announcement=announcement)
        [got] = same(lanes, [Asked(method=hostile.method, path=path, raw=hostile.raw or b"", headers=headers)])
        assert (got.status, got.is_express) == (hostile.answer[0], False), hostile.name


JSON = "application/json"
BODY = st.fixed_dictionaries(
    {"user_id": st.sampled_from(["alice", "bob", 7, "7"]), "title": st.sampled_from(["Hi", "Grüße 🔔", "</script>"])},
    optional={
        "identifier": st.sampled_from(["MESSAGE", "order.shipped", "", "a b", None]),
        "description": st.sampled_from(["", "two\nlines", "x" * 4001]),
        "data": st.sampled_from([{}, {"a": [1, None, 1.5]}, [], {"a": 1e400}]),
        "priority": st.sampled_from(["low", "urgent", "huge"]),
        "action_url": st.sampled_from(["/orders/7", "javascript:alert(1)"]),
        "expires_at": st.sampled_from(["2999-01-01T00:00:00Z", "2001-01-01T00:00:00Z", "soon"]),
        "dedupe_key": st.sampled_from(["one", "two", ""]),
        "id": st.just(1),
    },
)
GOOD = BODY.map(lambda body: {"identifier": "MESSAGE", **body})
HEADERS = st.fixed_dictionaries(
    {"credential": st.sampled_from(["key", "key", "key", "token", "bob", "reader", "none", "bad"])},
    optional={
        "Content-Type": st.sampled_from([f"{JSON}; charset=utf-8", "text/plain", JSON.upper()]),
        "Idempotency-Key": st.sampled_from(["k1", "k2"]),
        "If-None-Match": st.sampled_from(["*", '"x"']),
        "Host": st.sampled_from(["localhost", "evil.example"]),
        "Origin": st.sampled_from(["https://shop.example", "http://testserver"]),
        "Cookie": st.just("sessionid=abc"),
        "X-Forwarded-For": st.just("192.0.2.1, 192.0.2.2"),
    },
)  # fmt: skip
QUERY = st.sampled_from(
    ["", "", "?limit=2", "?limit=0", "?status=unread", "?status=all&limit=1", "?search=H", "?since=1", "?since=999",
     "?epoch=other&since=1", "?epoch=0123456789abcdef&since=2", "?cursor=AAAA", "?user_id=bob", "?limit=1&limit=2"]
)  # fmt: skip
PATH = st.sampled_from(
    ["", "/", "/batch", "/batch/", "/{id}", "/{id}/", "/99999", "/alice", "/me", "/bob/", "/nobody/counts",
     "/me/counts", "/alice/counts/", "/alice/changes", "/bob/changes", "/0", "/%00", "/alice/mark", "/tokens"]
)  # fmt: skip
RAW = st.one_of(
    GOOD.map(lambda body: json.dumps(body).encode()),
    st.lists(GOOD, min_size=0, max_size=3).map(lambda items: json.dumps({"notifications": items}).encode()),
    st.sampled_from([b"", b"{}", b"[]", b"{", b'{"is_read":false}', b'{"is_read":1}', b"\xff", b'{"a":NaN}', b"null"]),
)
REQUEST = st.tuples(
    st.sampled_from(["GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD"]), PATH, QUERY, RAW, HEADERS
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(REQUEST, min_size=1, max_size=5))
def test_any_stream_of_requests_is_answered_alike(lanes: Lanes, key: str, token: str, stream: list[Any]) -> None:
    with undone():
        reader = APIKey.objects.issue("reader", scopes=["read"])[1]
        secrets = {"key": key, "token": token, "bob": mint_token("bob", 600)[0], "reader": reader, "bad": "ntf_bad"}
        pk = notify("alice", title="Kept", identifier="MESSAGE").pk
        notify("bob", title="Kept", identifier="MESSAGE", dedupe_key="one")
        announce(title="News", identifier="OPS")
        requests = []
        for method, path, query, raw, headers in stream:
            names = {name: text for name, text in headers.items() if name != "credential"}
            if headers["credential"] != "none":
                names["Authorization"] = f"Bearer {secrets[headers['credential']]}"
            body = b"" if method in ("GET", "HEAD") else raw
            where = f"/notifications{path.replace('{id}', str(pk))}{query}"
            requests.append(Asked(method=method, path=where, raw=body, headers=names))
        same(lanes, requests)
