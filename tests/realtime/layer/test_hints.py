"""What another process says: a hint for each user, however many sockets or changes."""

from __future__ import annotations

from collections.abc import Callable
from threading import current_thread

import pytest

from notifications import announce, notify_many
from notifications.models import Change
from notifications.realtime import broadcast, groups, publisher, reads, subscription
from notifications.realtime.groups import ALL, group_of
from notifications.realtime.threads import in_reader
from notifications.wire import frames
from tests.counted import counted
from tests.realtime.conftest import Connect
from tests.realtime.layer.stand_in import Layer, send
from tests.realtime.wire import until


async def test_a_hint_from_another_process_is_passed_on_as_it_is(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wire = await connect()
    await until(subscribed)
    monkeypatch.setattr(reads, "answer", None)
    await send()
    await wire.reaches(1)
    assert wire.ranges == [(0, 1)]


async def test_a_burst_from_another_process_is_read_once(
    connect: Connect,
    layer: Layer,
    subscribed: Callable[[], bool],
    no_sweep: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module, patience in ((publisher, "SEND_SECONDS"), (subscription, "ECHO_SECONDS")):
        monkeypatch.setattr(module, patience, 60)  # the layer hangs for as long as the burst lasts
    _, wire = await connect()
    await until(subscribed)
    layer.hangs.set()
    await send(20)
    layer.hangs.clear()
    await wire.reaches(20)
    assert len(layer.sent) <= 3
    assert layer.sent[-1]["text"] is None


async def test_what_only_others_are_told_is_encoded_while_its_caller_goes_on(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoding: list[str] = []
    encode = frames.of_change

    def note(change: Change) -> frames.Range | None:
        encoding.append(current_thread().name)
        return encode(change)

    monkeypatch.setattr(frames, "of_change", note)
    _, wire = await connect()
    await until(subscribed)
    await send()
    await wire.reaches(1)
    assert encoding == ["publisher"]


async def test_a_change_that_cannot_be_encoded_is_read(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    def refuse(change: Change) -> None:
        raise TypeError

    _, wire = await connect()
    await until(subscribed)
    monkeypatch.setattr(frames, "of_change", refuse)
    await send()
    await wire.reaches(1)
    assert [message["text"] for message in layer.sent if message["type"] == "inbox.changed"] == [None]
    assert [record.getMessage() for record in caplog.records] == ["A change could not be encoded; devices read it."]


async def test_the_publisher_lets_others_run_while_it_encodes_for_many(
    layer: Layer, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(publisher, "sleep", pauses.append)
    made = publisher.PIECE * 3
    await in_reader(lambda: notify_many([f"user-{number}" for number in range(made)], title="News", identifier="OPS"))
    await until(lambda: len(layer.sent) == 1)
    assert len(layer.sent[0]["messages"]) == made
    assert pauses == [publisher.PAUSE_SECONDS] * 3


async def test_several_sockets_of_a_user_cost_one_hint(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None
) -> None:
    wires = [(await connect())[1] for _ in range(3)]
    await until(subscribed)
    await send()
    for wire in wires:
        await wire.reaches(1)
    assert len(layer.groups[group_of("alice")]) == len(layer.sent) == 1


def test_a_group_has_a_harmless_name_whatever_the_user_id() -> None:
    names = {group_of(user_id) for user_id in ("123", "a@b.example", "x" * 64, "a:b", "a+b")}
    assert len(names) == 5
    assert all(len(name) < 100 and name.replace(".", "").isalnum() for name in names)


async def test_announcements_of_another_process_are_one_hint(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = [(await connect(user))[1] for user in ("alice", "bob", "charlie")]
    await until(lambda: subscribed() and layer.groups.get(ALL))
    monkeypatch.setattr(broadcast, "on_hubs", lambda act: None)
    await in_reader(lambda: announce(title="News", identifier="OPS"))
    for wire in wires:
        await wire.reaches(1)
    boards = [message for message in layer.sent if message["type"] == "inbox.board"]
    assert boards == [{"type": "inbox.board", "of": groups.this_process()}]


async def test_a_wide_send_of_another_process_is_one_message(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [f"user-{number}" for number in range(publisher.WIDE)]
    wires = [(await connect(user))[1] for user in (users[0], users[-1])]
    await until(lambda: layer.groups.get(ALL) and layer.groups.get(group_of(users[-1])))
    monkeypatch.setattr(reads, "answer", None)
    await in_reader(lambda: notify_many(users, title="News", identifier="OPS"))
    for wire in wires:
        await wire.reaches(1)
        assert wire.ranges == [(0, 1)]
    assert [message["type"] for message in layer.sent] == ["inbox.several"]


@pytest.mark.parametrize("users_told", [1, publisher.WIDE])
async def test_what_a_process_says_it_does_not_hear_itself(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch,
    users_told: int,
) -> None:  # fmt: skip
    _, wire = await connect()
    await until(lambda: layer.groups.get(ALL) and subscribed())
    monkeypatch.setattr(subscription, "this_process", groups.this_process)
    users = ["alice", *(f"user-{number}" for number in range(1, users_told))]
    heard = counted("notifications_hints_heard_total")
    await in_reader(lambda: notify_many(users, title="News", identifier="OPS"))
    await until(lambda: len(layer.sent) == 1)
    monkeypatch.setattr(publisher, "this_process", lambda: "another process")
    await in_reader(lambda: notify_many(users, title="More", identifier="OPS"))
    await wire.reaches(2)
    assert counted("notifications_hints_heard_total") - heard == 1
    assert wire.ranges == [(0, 2)]


async def test_a_long_frame_does_not_travel_with_many(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None
) -> None:
    _, wire = await connect()
    await until(lambda: layer.groups.get(ALL) and subscribed())
    users = ["alice", *(f"user-{number}" for number in range(publisher.WIDE))]
    await in_reader(lambda: notify_many(users, title="News", identifier="OPS", description="x" * publisher.WIDE_TEXT))
    await wire.reaches(1)
    assert {message["text"] for message in layer.sent[0]["messages"]} == {None}
