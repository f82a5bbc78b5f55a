"""What a socket may ask, and how much of it."""

from __future__ import annotations

from threading import Event
from typing import Any

import pytest
from django.db import OperationalError

from notifications.actions import credentials
from notifications.models import Notification
from notifications.realtime import consumers, handshake, hub
from notifications.realtime.hub import get_hub
from notifications.realtime.pace import BURST
from notifications.realtime.threads import CHANGERS, in_reader
from notifications.wire.codes import Close
from tests.realtime.acts import Options, key, send
from tests.realtime.conftest import Open
from tests.realtime.wire import until


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


async def test_a_command_that_cannot_be_done_costs_no_more_than_another(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(consumers, "mark", fail)
    socket = await open_socket()
    for number in range(BURST):
        socket.say(type="read", id=number, ids=[1])
    await until(lambda: len(socket.of("error")) == BURST or socket.code)
    assert [frame["code"] for frame in socket.of("error")] == ["unavailable"] * BURST
    assert socket.code is None


async def test_what_is_no_command_costs_as_much_as_one(open_socket: Open) -> None:
    socket = await open_socket()
    for _ in range(30):
        socket.say("nonsense")
        socket.say(type="ping")
    assert await socket.ends() == 4429
    assert BURST <= len(socket.of("error")) + len(socket.of("heartbeat")) < BURST + 10


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


async def test_who_comes_back_at_once_after_a_flood_costs_a_refusal_and_no_snapshot(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    flooder = await open_socket()
    for _ in range(60):
        flooder.say(type="ping")
    assert await flooder.ends() == 4429
    early = await open_socket(wait=False)
    assert await early.ends() == 4429
    assert early.frames == [{"type": "bye", "code": 4429, "reason": "too_many_commands", "retry_after": [5, 15]}]
    assert (await open_socket("/notifications/ws/bob", token="bob")).kinds == ["welcome", "snapshot"]
    now = consumers.monotonic()
    monkeypatch.setattr(consumers, "monotonic", lambda: now + consumers.RETURN_SECONDS[0])
    assert (await open_socket()).kinds == ["welcome", "snapshot"]


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

    monkeypatch.setattr(handshake, "authenticate_bearer", fail)
    socket = await open_socket(wait=False)
    assert await socket.ends() == 4013
    assert socket.frames[0]["retry_after"] == [5, 15]


async def test_commands_of_one_user_take_one_thread_and_nobody_else_waits_for_them(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would wait for each other's lock; with a thread for each, everybody would."""
    may_go, at_once, most = Event(), [], []
    real = consumers.mark

    def slow(user_id: str, *args: Any, **how: Any) -> Any:
        if user_id == "alice":
            at_once.append(user_id)
            most.append(len(at_once))
            may_go.wait(10)
            at_once.pop()
        return real(user_id, *args, **how)

    monkeypatch.setattr(consumers, "mark", slow)
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

    monkeypatch.setattr(consumers, "mark", slow)
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
