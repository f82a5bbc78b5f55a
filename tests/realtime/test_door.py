"""The door of a socket: who may open one, from where, for which inbox."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.actions.tokens import mint_token
from tests.realtime.acts import ORIGIN, Options, cookie, key, send, staff
from tests.realtime.conftest import Open
from tests.realtime.wire import until


async def test_a_token_of_the_sub_protocol_opens_the_own_inbox(open_socket: Open) -> None:
    token = mint_token("alice", 60)[0]
    socket = await open_socket(token=None, protocols=("notifications.v1", f"bearer.{token}"))
    assert socket.accepted == {"type": "websocket.accept", "subprotocol": "notifications.v1"}
    assert socket.kinds == ["welcome", "snapshot"]


async def test_no_sub_protocol_is_answered_where_none_was_offered(open_socket: Open) -> None:
    socket = await open_socket()
    assert socket.accepted == {"type": "websocket.accept", "subprotocol": None}


async def test_a_path_may_end_with_a_slash(open_socket: Open) -> None:
    assert (await open_socket("/notifications/ws/alice/")).kinds == ["welcome", "snapshot"]


async def test_me_is_the_user_of_the_token(open_socket: Open) -> None:
    await send("alice", title="For alice")
    socket = await open_socket("/notifications/ws/me")
    assert socket.frames[1]["items"][0]["title"] == "For alice"


@pytest.mark.parametrize(
    ("path", "code"),
    [("bob", 4403), ("1_0", 4403), ("0", 4403), ("batch", 4403), ("x" * 65, 4403), ("é", 4403), ("me", None)],
)
async def test_only_the_own_inbox_is_open_to_a_token(open_socket: Open, path: str, code: int | None) -> None:
    socket = await open_socket(f"/notifications/ws/{path}", wait=False)
    await until(lambda: len(socket.frames) >= (1 if code else 2))
    assert socket.code == code
    if code:
        assert socket.frames[0]["type"] == "bye"
        assert socket.frames[0]["code"] == code


async def test_a_key_that_may_read_opens_every_inbox(open_socket: Open) -> None:
    _, secret = await key("read")
    assert (await open_socket("/notifications/ws/bob", token=secret)).kinds == ["welcome", "snapshot"]


async def test_a_key_that_may_only_create_opens_none(open_socket: Open) -> None:
    _, secret = await key("create", "update", "tokens")
    assert await (await open_socket(token=secret, wait=False)).ends() == 4403


async def test_a_key_has_no_inbox_of_its_own(open_socket: Open) -> None:
    _, secret = await key("admin")
    assert await (await open_socket("/notifications/ws/me", token=secret, wait=False)).ends() == 4403


async def test_nobody_gets_in_without_a_credential(open_socket: Open) -> None:
    socket = await open_socket(token=None, wait=False)
    assert await socket.ends() == 4401
    assert socket.frames[0]["code"] == 4401


async def test_a_session_with_the_permission_opens_every_inbox_from_its_own_origin(open_socket: Open) -> None:
    _, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    assert socket.kinds == ["welcome", "snapshot"]


@pytest.mark.parametrize("other", ['prefs={"a":1}', "flag", "a b=c", "x=é"])
async def test_a_session_is_seen_whatever_cookies_stand_before_it(open_socket: Open, other: str) -> None:
    _, session = await staff("view_notification")
    headers = cookie(session, origin=ORIGIN)
    headers["cookie"] = f"{other}; {headers['cookie']}"
    assert (await open_socket(headers=headers)).kinds == ["welcome", "snapshot"]


async def test_a_session_without_an_origin_is_nobody(open_socket: Open) -> None:
    _, session = await staff("view_notification")
    assert await (await open_socket(headers=cookie(session), wait=False)).ends() == 4401


async def test_a_session_without_the_permission_sees_nothing(open_socket: Open) -> None:
    _, session = await staff("add_notification")
    assert await (await open_socket(headers=cookie(session, origin=ORIGIN), wait=False)).ends() == 4403


async def test_a_bad_credential_is_not_helped_by_a_good_cookie(open_socket: Open) -> None:
    _, session = await staff("view_notification")
    headers = cookie(session, origin=ORIGIN, authorization="Bearer nonsense")
    assert await (await open_socket(headers=headers, wait=False)).ends() == 4401


async def test_a_bad_header_is_not_helped_by_a_good_sub_protocol(open_socket: Open) -> None:
    headers = {"host": "testserver", "authorization": "Bearer nonsense"}
    protocols = ("notifications.v1", f"bearer.{mint_token('alice', 60)[0]}")
    assert await (await open_socket(headers=headers, protocols=protocols, wait=False)).ends() == 4401


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "testserver", "origin": "https://evil.example"},
        {"host": "testserver", "origin": "null"},
        {"host": "testserver", "origin": "https://testserver"},
        {"host": "testserver", "origin": "http://testserver:81"},
        {"host": "evil.example"},
        {"host": "evil.example", "origin": "http://evil.example"},
        {"host": ""},
        {},
    ],
    ids=str,
)
async def test_a_foreign_origin_or_host_is_refused_before_the_socket_opens(
    open_socket: Open, headers: dict[str, str]
) -> None:
    protocols = ("notifications.v1", f"bearer.{mint_token('alice', 60)[0]}")
    socket = await open_socket(headers=headers or {"x": "y", "host": "-"}, protocols=protocols, wait=False)
    await socket.ends()
    assert socket.accepted is None
    assert socket.frames == []


async def test_an_allowed_origin_opens_a_socket(open_socket: Open, options: Options) -> None:
    options(ALLOWED_ORIGINS=["https://app.example.com"])
    protocols = ("notifications.v1", f"bearer.{mint_token('alice', 60)[0]}")
    headers = {"host": "testserver", "origin": "https://app.example.com"}
    assert (await open_socket(headers=headers, protocols=protocols)).kinds == ["welcome", "snapshot"]


async def test_any_other_path_is_refused_before_the_socket_opens(open_socket: Open) -> None:
    for path in ("/", "/notifications/ws", "/notifications/ws/", "/notifications/ws/alice/more", "/chat"):
        socket = await open_socket(path, wait=False)
        await socket.ends()
        assert socket.accepted is None


# Development mode ----------------------------------------------------------------------------------------------------


@pytest.fixture
def development(settings: Any, options: Options) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "dev.example"]
    options(DEV_OPEN=True)


LOCAL = {"host": "localhost:8000"}


@pytest.mark.usefixtures("development")
async def test_development_is_open_to_this_machine(open_socket: Open) -> None:
    for headers in (
        LOCAL,
        {"host": "127.0.0.1:8000"},
        {"host": "[::1]:8000"},
        {**LOCAL, "origin": "http://localhost:8000"},
    ):
        assert (await open_socket("/notifications/ws/123", headers=headers)).kinds == ["welcome", "snapshot"]


@pytest.mark.usefixtures("development")
@pytest.mark.parametrize(
    ("headers", "peer"),
    [
        (LOCAL, "192.0.2.7"),
        ({"host": "dev.example"}, "127.0.0.1"),
        ({**LOCAL, "x-forwarded-for": "127.0.0.1"}, "127.0.0.1"),
        ({**LOCAL, "x-forwarded-anything": ""}, "127.0.0.1"),
        ({**LOCAL, "forwarded": "for=127.0.0.1"}, "127.0.0.1"),
        ({**LOCAL, "x-real-ip": "127.0.0.1"}, "127.0.0.1"),
        ({**LOCAL, "via": "1.1 proxy"}, "127.0.0.1"),
        ({**LOCAL, "authorization": "Bearer nonsense"}, "127.0.0.1"),
    ],
)
async def test_development_is_closed_to_everybody_else(open_socket: Open, headers: dict[str, str], peer: str) -> None:
    assert await (await open_socket(headers=headers, peer=peer, wait=False)).ends() == 4401


@pytest.mark.usefixtures("development")
async def test_development_is_closed_to_other_pages(open_socket: Open, options: Options) -> None:
    socket = await open_socket(headers={**LOCAL, "origin": "http://evil.example"}, wait=False)
    await socket.ends()
    assert socket.accepted is None
    options(ALLOWED_ORIGINS=["http://other.example"])
    assert await (await open_socket(headers={**LOCAL, "origin": "http://other.example"}, wait=False)).ends() == 4401
