"""What is the lane's own: what it takes, what it leaves to Django, and many creations in one transaction."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import announce
from notifications.actions import group_commit
from notifications.actions.tokens import mint_token
from notifications.api.express import Express, admission, learned, together
from notifications.api.express.calls import call_of
from notifications.api.guard import Guard
from notifications.models import APIKey, Inbox, Notification
from notifications.routing import get_application
from notifications.trace import Trace, current
from tests import ledger
from tests.api.express.lanes import Asked, Lanes, scope_of
from tests.api.visitor import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def create(key: str) -> Any:
    """A request that creates a notification."""

    def make(user_id: str = "alice", *, credential: str = key, **fields: Any) -> Asked:
        body = {"user_id": user_id, "title": "Hi", "identifier": "MESSAGE", **fields}
        headers = {"Authorization": f"Bearer {credential}"}
        return Asked(method="POST", path="/notifications/", raw=json.dumps(body).encode(), headers=headers)

    return make


@pytest.fixture
def batch(key: str) -> Any:
    def make(*user_ids: str) -> Asked:
        items = [{"user_id": user_id, "title": "Hi", "identifier": "MESSAGE"} for user_id in user_ids]
        headers = {"Authorization": f"Bearer {key}"}
        raw = json.dumps({"notifications": items}).encode()
        return Asked(method="POST", path="/notifications/batch", raw=raw, headers=headers)

    return make


def test_creations_that_come_together_are_one_transaction(lanes: Lanes, create: Any, batch: Any) -> None:
    asked = [create(user) for user in ("bob", "alice", "bob")] + [batch("alice", "carol")]
    with statements(3):  # the inboxes, the rows, the counters
        answers = lanes.ask_together(asked)
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 4
    bobs = [json.loads(answers[place].body) for place in (0, 2)]
    assert [(item["user_id"], item["seq"]) for item in bobs] == [("bob", 1), ("bob", 2)]
    assert json.loads(answers[3].body)["created"] == 2
    for user in ("alice", "bob", "carol"):
        ledger.check(user)


@pytest.fixture
def read(key: str) -> Any:
    """A request that reads."""

    def make(path: str, *, credential: str = key) -> Asked:
        return Asked(method="GET", path=f"/notifications/{path}", headers={"Authorization": f"Bearer {credential}"})

    return make


def test_reads_that_come_together_ask_once_who_it_is(lanes: Lanes, create: Any, read: Any) -> None:
    lanes.ask_together([create(), create("bob")])
    with CaptureQueriesContext(connection) as captured, statements(3):
        answers = lanes.ask_together([read("alice"), read("bob?limit=1"), read("alice/counts")])
    assert [(got.status, got.is_express) for got in answers] == [(200, True)] * 3
    assert [json.loads(got.body)["unread"] for got in answers] == [1, 1, 1]
    assert sum("notifications_apikey" in query["sql"] for query in captured) == 1


def test_a_bad_read_does_not_hold_up_the_others(lanes: Lanes, create: Any, read: Any) -> None:
    lanes.ask(create())
    asked = [read("alice"), read("alice?limit=0"), read("alice", credential="ntf_unknown"), read("alice/counts")]
    assert [got.status for got in lanes.ask_together(asked)] == [200, 400, 401, 200]


def test_what_must_be_written_before_it_is_read_is_answered_alone(
    lanes: Lanes, create: Any, read: Any, options: Any
) -> None:
    lanes.ask(create())
    announce(title="News", identifier="OPS")
    options(RATE_LIMITS={"key": "5/min"})
    answers = lanes.ask_together([read("alice"), read("strange"), read("alice/counts"), read("alice")])
    assert [(got.status, got.is_express) for got in answers] == [(200, True)] * 4
    assert [json.loads(got.body)["unread"] for got in answers] == [2, 0, 2, 2]
    assert lanes.ask(read("alice")).status == 429, "each was counted once"


def test_a_bad_one_does_not_hold_up_the_others(lanes: Lanes, create: Any) -> None:
    answers = lanes.ask_together([create(), create(title=""), create("bob"), create(credential="ntf_unknown")])
    assert [got.status for got in answers] == [201, 400, 201, 401]


def test_the_same_dedupe_key_at_once_is_one_notification(lanes: Lanes, create: Any) -> None:
    answers = lanes.ask_together([create(dedupe_key="k"), create(dedupe_key="k"), create(dedupe_key="k")])
    assert [got.status for got in answers] == [201, 200, 200]
    assert len({got.body for got in answers}) == 1


def test_more_rows_than_a_transaction_takes_are_several(
    lanes: Lanes, batch: Any, create: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(together, "ROWS", 3)
    with statements(9):  # three transactions
        answers = lanes.ask_together([batch("a", "b"), batch("c", "d"), create("e"), batch(*"fghij")])
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 4
    assert Notification.objects.count() == 10


def test_a_revoked_key_is_refused_at_once(lanes: Lanes, create: Any) -> None:
    assert lanes.ask(create()).is_express
    APIKey.objects.get().revoke()
    assert [got.status for got in lanes.ask_together([create(), create()])] == [401, 401]


@pytest.mark.parametrize("rate", ["key", "address"])
def test_rates_are_counted_once_each(lanes: Lanes, create: Any, options: Any, rate: str) -> None:
    options(RATE_LIMITS={rate: "4/min"})
    assert [got.status for got in lanes.ask_together([create(), create()])] == [201] * 2
    assert lanes.ask(create(title="")).status == 400
    assert lanes.ask(Asked(method="GET", path="/notifications/alice?limit=0", headers=create().headers)).status == 400
    assert [got.status for got in lanes.ask_together([create(), create()])] == [429, 429]
    assert lanes.ask(Asked(method="GET", path="/notifications/alice", headers=create().headers)).status == 429


def test_some_pass_where_the_rate_ends(lanes: Lanes, create: Any, options: Any) -> None:
    options(RATE_LIMITS={"key": "3/min"})
    assert sorted(got.status for got in lanes.ask_together([create() for _ in range(5)])) == [201] * 3 + [429] * 2
    assert Notification.objects.count() == 3


def test_a_commit_that_fails_is_never_done_again(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    @contextmanager
    def lost_on_the_way() -> Iterator[None]:
        with transaction.atomic():
            yield
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(group_commit, "transaction", SimpleNamespace(atomic=lost_on_the_way))
    answers = lanes.ask_together([create(), create("bob")])
    assert [(got.status, got.is_express) for got in answers] == [(503, True)] * 2
    assert all(got.headers["content-type"] == "application/problem+json" for got in answers)
    assert all(got.headers["retry-after"] == "2" for got in answers)
    assert Notification.objects.count() == 2


def test_what_is_committed_is_never_done_again_whatever_goes_wrong_with_its_answer(
    lanes: Lanes, create: Any, monkeypatch: Any
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("notifications.api.creations.to_text", fail)
    assert [(got.status, got.is_express) for got in lanes.ask_together([create(), create("bob")])] == [(500, True)] * 2
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("problem", [OperationalError("away"), InterfaceError("closed"), ZeroDivisionError()])
def test_what_fails_before_the_commit_is_for_django(
    lanes: Lanes, create: Any, monkeypatch: Any, problem: Exception
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(group_commit, "store", fail)
    answers = lanes.ask_together([create(), create("bob")])
    assert [(got.status, got.is_express) for got in answers] == [(201, False)] * 2
    monkeypatch.setattr(admission, "authenticate_header", fail)
    assert [(got.status, got.is_express) for got in lanes.ask_together([create()])] == [(201, False)]


def test_a_database_that_is_away_is_asked_once_for_all(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    asked: list[str] = []

    def fail(header: str) -> None:
        asked.append(header)
        raise OperationalError("away")

    monkeypatch.setattr(admission, "authenticate_header", fail)
    assert [got.is_express for got in lanes.ask_together([create(), create("bob"), create("carol")])] == [False] * 3
    assert len(asked) == 1


@pytest.mark.parametrize("problem", [OperationalError("away"), ZeroDivisionError()])
def test_a_read_that_fails_is_for_django(lanes: Lanes, key: str, monkeypatch: Any, problem: Exception) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(admission, "authenticate_header", fail)
    got = lanes.ask(Asked(method="GET", path="/notifications/alice", headers={"Authorization": f"Bearer {key}"}))
    assert (got.status, got.is_express) == (200, False)


def test_a_page_that_is_held_already_is_304(lanes: Lanes, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    first = lanes.ask(Asked(method="GET", path="/notifications/me?limit=5", headers=headers))
    assert first.is_express
    held = {**headers, "If-None-Match": first.headers["etag"]}
    again = lanes.ask(Asked(method="GET", path="/notifications/me?limit=5", headers=held))
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_another_host_is_learned_for_itself_and_an_unknown_one_never(lanes: Lanes, create: Any) -> None:
    def asked(host: str) -> Asked:
        return Asked(
            method="POST", path="/notifications/", raw=create().raw, headers={**create().headers, "Host": host}
        )

    assert [lanes.ask(asked("localhost")).is_express for _ in range(2)] == [False, True]
    assert [lanes.ask(asked("evil.example")).status for _ in range(3)] == [400] * 3


def test_an_answer_with_a_header_of_its_own_is_left_to_django(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    fresh = Express(lanes._ask_django)
    monkeypatch.setattr(lanes, "express", fresh)
    get_response = lanes._django._middleware_chain

    def with_nonce(request: Any) -> Any:
        response = get_response(request)
        response["Content-Security-Policy"] = "script-src 'nonce-123'"
        return response

    monkeypatch.setattr(lanes._django, "_middleware_chain", with_nonce)
    assert [lanes.ask(create()).is_express for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("name", ["authorization", "content-type", "x-forwarded-for", "host"])
def test_a_header_that_comes_twice_is_for_django(create: Any, name: str) -> None:
    scope = scope_of(create())
    assert call_of(scope) is not None
    value = dict(scope["headers"]).get(name.encode(), b"192.0.2.1")
    assert call_of({**scope, "headers": [*scope["headers"], (name.encode(), value), (name.encode(), value)]}) is None


@pytest.mark.parametrize("name", ["cookie", "content-encoding", "idempotency-key"])
def test_a_header_that_asks_for_more_is_for_django(create: Any, name: str) -> None:
    scope = scope_of(create())
    assert call_of({**scope, "headers": [*scope["headers"], (name.encode(), b"x")]}) is None


@pytest.mark.parametrize(
    "other",
    [{"root_path": "/below"}, {"path": "/notifications/" + "a" * 200}, {"method": "PATCH"}, {"path": "/admin/"}],
)
def test_another_place_is_for_django(create: Any, other: dict[str, str]) -> None:
    scope = {**scope_of(create()), "method": "GET", "path": "/notifications/alice"}
    assert call_of(scope) is not None
    assert call_of({**scope, **other}) is None


def test_only_so_many_kinds_are_learned(lanes: Lanes, create: Any, monkeypatch: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    monkeypatch.setattr(learned, "KINDS_MAX", len(lanes.express._learned._headers) + 1)

    def asked(host: str) -> Asked:
        headers = {**create().headers, "Host": host}
        return Asked(method="POST", path="/notifications/", raw=create().raw, headers=headers)

    assert [lanes.ask(asked("a.example.com")).is_express for _ in range(2)] == [False, True]
    assert [lanes.ask(asked("b.example.com")).is_express for _ in range(2)] == [False, False]


def test_who_asked_is_noted_for_the_log(lanes: Lanes, create: Any) -> None:
    trace = Trace("id")
    reset = current.set(trace)
    try:
        assert lanes.ask(create()).is_express
    finally:
        current.reset(reset)
    assert trace.credential == f"key:{APIKey.objects.get().pk}"


def test_a_client_that_leaves_takes_nobody_with_it(lanes: Lanes, create: Any) -> None:
    async def leave() -> int:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": create("bob").raw}

        async def send(message: Any) -> None:
            sent.append(message)

        sent: list[Any] = []
        leaving = asyncio.create_task(lanes.express(scope_of(create("bob")), receive, send))
        staying = asyncio.create_task(lanes.express(scope_of(create("bob")), receive, send))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, staying, return_exceptions=True)
        return len(sent)

    assert asyncio.run(leave()) == 2
    assert Inbox.objects.head("bob").seq == 2


def test_another_users_inbox_is_refused(lanes: Lanes, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for path in ("/notifications/bob", "/notifications/bob/counts", "/notifications/bob/changes"):
        got = lanes.ask(Asked(method="GET", path=path, headers=headers))
        assert (got.status, got.is_express) == (403, False)
    strange = Notification.objects.create(user_id="bob", title="Hi", identifier="MESSAGE")
    assert lanes.ask(Asked(method="PUT", path=f"/notifications/{strange.pk}", headers=headers)).status == 404
    assert not Notification.objects.get(pk=strange.pk).is_read


def test_a_token_may_not_create(lanes: Lanes, create: Any) -> None:
    assert lanes.ask(create(credential=mint_token("alice", 60)[0])).status == 403


@pytest.mark.parametrize("is_on", [True, False])
def test_it_is_off_by_one_setting(options: Any, monkeypatch: Any, is_on: bool) -> None:
    options(EXPRESS=is_on)
    monkeypatch.setattr("notifications.routing.clock.start", lambda: None)
    http = get_application("django").application_mapping["http"]
    assert isinstance(http, Guard)
    assert isinstance(http._application, Express) == is_on
