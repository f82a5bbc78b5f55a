"""What the lane takes, and what it leaves to Django."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from notifications.actions.tokens import mint_token
from notifications.api.express import Express, learned
from notifications.api.express.calls import call_of
from notifications.api.guard import Guard
from notifications.models import APIKey, Inbox, Notification
from notifications.routing import get_application
from notifications.trace import Trace, current
from tests.api.express.lanes import Asked, Lanes, scope_of

pytestmark = pytest.mark.django_db


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


def test_whether_a_call_was_secure_is_learned_for_itself(lanes: Lanes, create: Any, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER, settings.SECURE_SSL_REDIRECT = ("HTTP_X_SCHEME", "https"), True
    lanes.start_anew()

    def asked(scheme: str) -> Asked:
        headers = {**create().headers, "X-Scheme": scheme}
        return Asked(method="POST", path="/notifications/", raw=create().raw, headers=headers)

    assert [lanes.ask(asked("https")).is_express for _ in range(2)] == [False, True]
    assert [lanes.ask(asked("http")).status for _ in range(2)] == [301] * 2
    scope = scope_of(asked("https"))
    assert call_of({**scope, "headers": [*scope["headers"], (b"x-scheme", b"http")]}) is None


def test_a_host_that_the_proxy_names_is_learned_for_itself(lanes: Lanes, create: Any, settings: Any) -> None:
    settings.USE_X_FORWARDED_HOST = settings.USE_X_FORWARDED_PORT = True
    lanes.start_anew()

    def asked(**named: str) -> Asked:
        headers = {**create().headers, **{f"X-Forwarded-{name}": text for name, text in named.items()}}
        return Asked(method="POST", path="/notifications/", raw=create().raw, headers=headers)

    for named in ({"Host": "localhost"}, {"Host": "testserver"}, {"Port": "81"}, {"Port": "82"}):
        assert [lanes.ask(asked(**named)).is_express for _ in range(2)] == [False, True]
    assert [lanes.ask(asked(Host="evil.example")).status for _ in range(2)] == [400] * 2


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


@pytest.mark.parametrize("name", ["origin", "host", "x-forwarded-proto"])
def test_a_header_that_would_be_remembered_and_is_large_is_for_django(create: Any, name: str) -> None:
    scope = scope_of(create())
    others = [pair for pair in scope["headers"] if pair[0] != name.encode()]
    taken = [call_of({**scope, "headers": [*others, (name.encode(), b"x" * size)]}) for size in (255, 256)]
    assert [call is not None for call in taken] == [True, False]


def test_a_body_without_a_type_is_for_django(create: Any) -> None:
    scope = scope_of(create())
    untyped = [pair for pair in scope["headers"] if pair[0] not in (b"content-type", b"content-length")]
    assert call_of({**scope, "headers": untyped}) is None
    put = {**scope, "method": "PUT", "path": "/notifications/1"}
    assert call_of({**put, "headers": untyped}) is not None
    assert call_of({**put, "headers": [*untyped, (b"content-length", b"2")]}) is None
    assert call_of({**put, "headers": [*untyped, (b"transfer-encoding", b"chunked")]}) is None


def test_only_so_many_kinds_are_learned(lanes: Lanes, create: Any, monkeypatch: Any, settings: Any) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    monkeypatch.setattr(learned, "KINDS_MAX", len(lanes.express._learned._headers) + 1)

    def asked(host: str) -> Asked:
        headers = {**create().headers, "Host": host}
        return Asked(method="POST", path="/notifications/", raw=create().raw, headers=headers)

    kinds = len(lanes.express._learned._headers)
    assert [lanes.ask(asked("a.example.com")).is_express for _ in range(2)] == [False, True]
    assert [lanes.ask(asked("b.example.com")).is_express for _ in range(2)] == [False, True]
    assert len(lanes.express._learned._headers) == kinds + 1


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
