"""What ends a socket: the credential that opened it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, transaction
from django.test import Client, RequestFactory

from notifications.actions.tokens import mint_token
from notifications.models import APIKey
from notifications.realtime import hub
from notifications.realtime.hub import get_hub
from notifications.realtime.threads import in_reader
from tests.realtime.acts import ORIGIN, Options, cookie, key, staff
from tests.realtime.conftest import Open
from tests.realtime.wire import until


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
    assert socket.frames[-1] == {"type": "bye", "code": 4012, "reason": "restart", "retry_after": [0, 5]}
