"""Commands of one user that change the inbox take turns, for which nobody else waits."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from django.db import OperationalError

from notifications.models import Notification
from notifications.realtime import hub, marking
from notifications.realtime.hub import get_hub
from notifications.realtime.threads import CHANGERS, in_reader
from notifications.wire.codes import Close
from tests.realtime.acts import Options, send
from tests.realtime.conftest import Open
from tests.realtime.wire import until


async def test_commands_of_one_user_take_one_thread_and_nobody_else_waits_for_them(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would wait for each other's lock; with a thread for each, everybody would."""
    may_go, at_once, most = Event(), [], []
    real = marking.mark

    def slow(user_id: str, *args: Any, **how: Any) -> Any:
        if user_id == "alice":
            at_once.append(user_id)
            most.append(len(at_once))
            may_go.wait(10)
            at_once.pop()
        return real(user_id, *args, **how)

    monkeypatch.setattr(marking, "mark", slow)
    mine = [await open_socket() for _ in range(CHANGERS + 2)]
    for number, socket in enumerate(mine):
        socket.say(type="read", id=number, ids=[1])
    await until(lambda: most)
    bob = await open_socket("/notifications/ws/bob", token="bob")
    bob.say(type="read", id="b", ids=[1])
    assert (await bob.answer("b"))["type"] == "ok"
    may_go.set()
    for number, socket in enumerate(mine):
        assert (await socket.answer(number))["type"] == "ok"
    assert most == [1] * len(mine)


async def test_who_waits_for_the_lock_of_an_inbox_keeps_no_reader(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go, waiting = Event(), []

    def slow(user_id: str, *_: Any, **__: Any) -> Any:
        waiting.append(user_id)
        may_go.wait(10)
        raise OperationalError("lock timeout")

    monkeypatch.setattr(marking, "mark", slow)
    users = [f"u{number}" for number in range(CHANGERS)]
    for user_id in users:
        socket = await open_socket(f"/notifications/ws/{user_id}", token=user_id)
        socket.say(type="read", id="m", ids=[1])
    await until(lambda: len(waiting) == CHANGERS)
    assert (await open_socket()).kinds == ["welcome", "snapshot"]
    may_go.set()


async def test_whose_turn_does_not_come_is_told_so(
    open_socket: Open, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "TURN_SECONDS", 0.1)
    socket = await open_socket()
    async with get_hub().turn("alice"):
        socket.say(type="read", id="early", ids=[1])
        assert (await socket.answer("early"))["code"] == "unavailable"
    socket.say(type="read", id="late", ids=[1])
    assert (await socket.answer("late"))["type"] == "ok"


async def test_nothing_is_done_for_a_socket_that_was_closed_before_its_turn(open_socket: Open) -> None:
    sent = await send()
    socket = await open_socket()
    async with get_hub().turn("alice"):
        socket.say(type="read", id="m", ids=[sent.pk])
        await until(lambda: len(get_hub()._turns["alice"]._waiters or ()) == 1)
        (session,) = get_hub().all()
        await session.close(Close.RESTART, "restart")
    await socket.hang_up()
    assert not (await in_reader(Notification.objects.get, pk=sent.pk)).is_read
