"""One socket from the handshake to the goodbye: who may open it, what it may ask, and what ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, transaction
from django.test import Client, RequestFactory

from notifications import notify
from notifications.actions import credentials
from notifications.actions.tokens import mint_token
from notifications.models import APIKey, Notification
from notifications.realtime import consumers, handshake, hub
from notifications.realtime.hub import get_hub
from notifications.realtime.threads import in_reader
from tests.realtime.conftest import Open
from tests.realtime.wire import until

Options = Callable[..., None]

ORIGIN = "http://testserver"


async def send(user_id: str = "alice", **fields: Any) -> Notification:
    return await in_reader(notify, user_id, **{"title": "Hello", "identifier": "MESSAGE", **fields})


async def key(*scopes: str) -> tuple[APIKey, str]:
    return await in_reader(APIKey.objects.issue, "test", scopes=scopes)


async def staff(*permissions: str) -> tuple[User, str]:
    """A logged-in operator with these permissions, and the cookie of the session."""

    def make() -> tuple[User, str]:
        user = User.objects.create_user("root", password="pw", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return user, client.cookies[settings.SESSION_COOKIE_NAME].value

    return await in_reader(make)


def cookie(value: str, **headers: str) -> dict[str, str]:
    return {"host": "testserver", "cookie": f"{settings.SESSION_COOKIE_NAME}={value}", **headers}


# The door -----------------------------------------------------------------------------------------------------------


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


# Development mode ---------------------------------------------------------------------------------------------------


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


# Queries ------------------------------------------------------------------------------------------------------------


async def test_a_query_brings_the_cursor_and_the_wishes(open_socket: Open) -> None:
    for _ in range(3):
        await send()
    first = await open_socket(query="limit=2&unknown=ignored")
    assert len(first.frames[1]["items"]) == 2
    again = await open_socket(query=f"epoch={first.replica.epoch}&since=1&ack=1", wait=False)
    again.replica.seq, again.replica.epoch = 1, first.replica.epoch
    await again.reaches(3)
    assert again.ranges == [(1, 3)]
    again.say(type="ack", seq=3)
    again.say(type="ping", id="p")
    await until(lambda: again.of("heartbeat"))


# Commands -----------------------------------------------------------------------------------------------------------


async def test_reading_is_answered_and_told_to_every_device(open_socket: Open) -> None:
    sent = await send()
    phone, laptop = await open_socket(), await open_socket()
    phone.say(type="read", id="c1", ids=[sent.pk, 2**63 - 1])
    assert await phone.answer("c1") == {"type": "ok", "id": "c1", "seq": 2, "changed": 1}
    for device in (phone, laptop):
        await device.reaches(2)
        assert device.replica.unread == 0
        assert device.replica.items[sent.pk]["is_read"] is True


async def test_reading_twice_changes_nothing(open_socket: Open) -> None:
    sent = await send()
    socket = await open_socket()
    for number, changed in ((1, 1), (2, 0)):
        socket.say(type="read", id=number, up_to=sent.pk)
        assert (await socket.answer(number))["changed"] == changed
    assert socket.replica.seq == 2


@pytest.mark.parametrize(
    ("verb", "member"),
    [("read", "is_read"), ("seen", "seen_at"), ("archive", "archived_at"), ("delete", None)],
)
async def test_every_verb_may_be_commanded(open_socket: Open, verb: str, member: str | None) -> None:
    sent = await send()
    socket = await open_socket()
    socket.say(type=verb, id="c", ids=[sent.pk])
    assert (await socket.answer("c"))["changed"] == 1
    await socket.reaches(2)
    if member is None:
        assert socket.replica.items == {}
    else:
        assert socket.replica.items[sent.pk][member]


async def test_unread_and_unarchive_take_it_back(open_socket: Open) -> None:
    sent = await send()
    socket = await open_socket()
    for seq, verb in enumerate(("read", "unread", "archive", "unarchive"), 2):
        socket.say(type=verb, ids=[sent.pk])
        await socket.reaches(seq)
    assert (socket.replica.unread, socket.replica.items[sent.pk]["archived_at"]) == (1, None)


async def test_the_rows_of_others_are_out_of_reach(open_socket: Open) -> None:
    theirs = await send("bob")
    socket = await open_socket()
    socket.say(type="delete", id="c", ids=[theirs.pk])
    assert (await socket.answer("c"))["changed"] == 0
    assert await in_reader(Notification.objects.live().filter(pk=theirs.pk).exists)


async def test_a_key_that_may_only_read_may_not_mark(open_socket: Open) -> None:
    sent = await send()
    _, secret = await key("read")
    socket = await open_socket(token=secret)
    socket.say(type="read", id="c", ids=[sent.pk])
    assert (await socket.answer("c"))["code"] == "permission_denied"
    assert (await in_reader(Notification.objects.get)).read_at is None


async def test_ping_is_answered_with_where_we_stand(open_socket: Open) -> None:
    await send()
    socket = await open_socket()
    socket.say(type="ping")
    await until(lambda: socket.of("heartbeat"))
    assert socket.of("heartbeat") == [{"type": "heartbeat", "seq": 1, "unread": 1, "unseen": 1}]


async def test_sync_goes_back_to_the_named_seq(open_socket: Open) -> None:
    for _ in range(3):
        await send()
    socket = await open_socket()
    socket.say(type="sync", since=1)
    await until(lambda: socket.ranges)
    assert socket.ranges == [(1, 3)]
    socket.say(type="sync", since=1, epoch="another")
    await until(lambda: len(socket.of("snapshot")) == 2)
    assert socket.of("snapshot")[1]["reason"] == "epoch"


async def test_a_database_that_is_away_refuses_a_command_and_keeps_the_socket(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    socket = await open_socket()
    with monkeypatch.context() as patch:
        patch.setattr(consumers, "mark", fail)
        patch.setattr(credentials, "_read_key", fail)
        for number in range(12):  # more than ten in a row: they are not the client's fault
            socket.say(type="read", id=number, ids=[1])
            assert (await socket.answer(number))["code"] == "unavailable"
        socket.say(type="auth", id="renew", token="ntf_something")
        assert (await socket.answer("renew"))["code"] == "unavailable"
    socket.say(type="read", id="again", ids=[1])
    assert (await socket.answer("again"))["type"] == "ok"


async def test_ten_errors_in_a_row_are_4400(open_socket: Open) -> None:
    socket = await open_socket()
    for _ in range(9):
        socket.say("nonsense")
    socket.say(type="ping")
    for _ in range(10):
        socket.say("nonsense")
    assert await socket.ends() == 4400
    assert len(socket.of("error")) == 19
    assert socket.frames[-1] == {"type": "bye", "code": 4400, "reason": "too_many_errors"}


async def test_bytes_are_4400(open_socket: Open) -> None:
    socket = await open_socket()
    socket.say(binary=b'{"type":"ping"}')
    assert await socket.ends() == 4400
    assert socket.frames[-1]["reason"] == "text_frames_only"


async def test_more_commands_than_the_burst_are_4429(open_socket: Open) -> None:
    socket = await open_socket()
    for _ in range(60):
        socket.say(type="ping")
    assert await socket.ends() == 4429
    assert 40 <= len(socket.of("heartbeat")) < 50
    assert socket.frames[-1]["retry_after"] == [5, 15]


async def test_acknowledgements_are_nearly_free(open_socket: Open) -> None:
    socket = await open_socket(query="ack=1")
    for seq in range(300):
        socket.say(type="ack", seq=seq)
    socket.say(type="ping")
    await until(lambda: socket.of("heartbeat"))


async def test_the_twenty_first_socket_of_a_user_is_4429(open_socket: Open) -> None:
    for _ in range(20):
        await open_socket()
    late = await open_socket(wait=False)
    assert await late.ends() == 4429
    assert late.frames == [{"type": "bye", "code": 4429, "reason": "too_many_sockets", "retry_after": [5, 15]}]
    assert (await open_socket("/notifications/ws/bob", token="bob")).kinds == ["welcome", "snapshot"]


async def test_a_socket_that_is_hung_up_makes_room(open_socket: Open, options: Options) -> None:
    options(MAX_SOCKETS_PER_USER=1)
    first = await open_socket()
    assert await (await open_socket(wait=False)).ends() == 4429
    await first.hang_up()
    assert (await open_socket()).kinds == ["welcome", "snapshot"]


async def test_a_full_process_is_4013(open_socket: Open, options: Options) -> None:
    options(MAX_SOCKETS=1)
    await open_socket()
    assert await (await open_socket("/notifications/ws/bob", token="bob", wait=False)).ends() == 4013


async def test_a_database_that_is_away_at_the_door_is_4013(open_socket: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(handshake, "authenticate_header", fail)
    socket = await open_socket(wait=False)
    assert await socket.ends() == 4013
    assert socket.frames[0]["retry_after"] == [5, 15]


# Endings ------------------------------------------------------------------------------------------------------------


async def test_a_token_ends_its_socket(open_socket: Open) -> None:
    socket = await open_socket(token=mint_token("alice", 1)[0])
    assert await socket.ends() == 4401
    assert socket.frames[-1]["reason"] == "credential_ended"


async def test_another_token_keeps_the_socket(open_socket: Open) -> None:
    token, ending = mint_token("alice", 2)
    socket = await open_socket(token=token)
    socket.say(type="auth", id="renew", token=mint_token("alice", 60)[0])
    assert (await socket.answer("renew"))["type"] == "ok"
    await until(lambda: time.time() > ending.timestamp() + 0.2)
    socket.say(type="ping")
    await until(lambda: socket.of("heartbeat"))
    assert socket.code is None


@pytest.mark.parametrize(
    ("user", "code"), [("bob", "permission_denied"), (None, "not_authenticated")], ids=["of another", "bad"]
)
async def test_a_token_that_proves_nothing_renews_nothing(open_socket: Open, user: str | None, code: str) -> None:
    socket = await open_socket()
    socket.say(type="auth", id="renew", token=mint_token(user, 60)[0] if user else "nonsense")
    assert (await socket.answer("renew"))["code"] == code
    assert socket.code is None


async def test_revoking_a_key_cuts_its_sockets(open_socket: Open) -> None:
    made, secret = await key("read")
    cut, kept = await open_socket(token=secret), await open_socket()
    await in_reader(made.revoke)
    assert await cut.ends() == 4401
    assert kept.code is None


async def test_revoking_in_a_transaction_cuts_when_it_commits(open_socket: Open) -> None:
    made, secret = await key("read")
    socket = await open_socket(token=secret)

    def revoke() -> None:
        with transaction.atomic():
            made.revoke()

    await in_reader(revoke)
    assert await socket.ends() == 4401


async def test_deleting_a_key_cuts_its_sockets(open_socket: Open) -> None:
    made, secret = await key("read")
    socket = await open_socket(token=secret)
    await in_reader(made.delete)
    assert await socket.ends() == 4401


async def test_a_key_revoked_by_another_process_is_noticed(open_socket: Open, options: Options) -> None:
    options(REVALIDATE_SECONDS=0.1)
    made, secret = await key("read")
    socket = await open_socket(token=secret)
    await in_reader(lambda: APIKey.objects.filter(pk=made.pk).update(revoked_at=made.created_at))
    assert await socket.ends() == 4401


async def test_credentials_are_checked_again_when_the_database_is_back(
    open_socket: Open, options: Options, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    options(REVALIDATE_SECONDS=0.1)
    made, secret = await key("read")
    socket = await open_socket(token=secret)
    check, faults = hub.revoked, [OperationalError("away")] * 2

    def fail_first(*args: Any) -> Any:
        if faults:
            raise faults.pop()
        return check(*args)

    monkeypatch.setattr(hub, "revoked", fail_first)
    await until(lambda: not faults)
    assert socket.code is None
    await in_reader(lambda: APIKey.objects.filter(pk=made.pk).update(revoked_at=made.created_at))
    assert await socket.ends() == 4401
    assert not [record for record in caplog.records if record.exc_info]


async def test_logging_out_cuts_the_session_and_no_other(open_socket: Open) -> None:
    user, phone = await staff("view_notification")

    def log_in_elsewhere() -> str:
        client = Client()
        client.force_login(user)
        return client.cookies[settings.SESSION_COOKIE_NAME].value

    def log_out() -> None:
        request = RequestFactory().get("/")
        request.session, request.user = SessionStore(phone), user
        logout(request)

    laptop = await in_reader(log_in_elsewhere)
    cut = await open_socket(headers=cookie(phone, origin=ORIGIN))
    kept = await open_socket(headers=cookie(laptop, origin=ORIGIN))
    await in_reader(log_out)
    assert await cut.ends() == 4401
    assert kept.code is None


async def test_deactivating_a_user_cuts_its_sockets(open_socket: Open) -> None:
    user, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    user.is_active = False
    await in_reader(user.save)
    assert await socket.ends() == 4401


async def test_a_new_password_cuts_the_sockets_of_the_old_one(open_socket: Open) -> None:
    user, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    user.set_password("another")
    await in_reader(user.save)
    assert await socket.ends() == 4401


async def test_a_deleted_user_is_cut(open_socket: Open) -> None:
    user, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    await in_reader(user.delete)
    assert await socket.ends() == 4401


async def test_a_session_that_was_cleared_is_noticed(open_socket: Open, options: Options) -> None:
    options(REVALIDATE_SECONDS=0.1)
    _, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    await in_reader(SessionStore(session).delete)
    assert await socket.ends() == 4401


async def test_saving_a_user_who_may_stay_cuts_nothing(open_socket: Open) -> None:
    user, session = await staff("view_notification")
    socket = await open_socket(headers=cookie(session, origin=ORIGIN))
    user.first_name = "Root"
    await in_reader(user.save)
    socket.say(type="ping")
    await until(lambda: socket.of("heartbeat"))
    assert socket.code is None
    assert SESSION_KEY in await in_reader(lambda: dict(SessionStore(session).items()))


async def test_hanging_up_leaves_nothing_behind(open_socket: Open) -> None:
    socket = await open_socket()
    await socket.hang_up()
    assert get_hub().count == 0


async def test_a_cancelled_socket_says_when_to_come_back(open_socket: Open) -> None:
    """As Daphne does when it is told to stop."""
    socket = await open_socket()
    socket.life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await socket.life
    assert socket.code == 4012
    assert socket.frames[-1] == {"type": "bye", "code": 4012, "reason": "restart", "retry_after": [0, 15]}
