"""Too much: commands of a socket, sockets of a user, sockets of a process."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from notifications.realtime import consumers, handshake, marking
from notifications.realtime.pace import BURST
from tests.realtime.acts import Options
from tests.realtime.conftest import Open
from tests.realtime.wire import until


async def test_a_command_that_cannot_be_done_costs_no_more_than_another(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(marking, "mark", fail)
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
