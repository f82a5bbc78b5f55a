"""The channel layer between processes: it brings hints, and its loss costs only time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from time import monotonic
from typing import Any

import pytest
import pytest_asyncio

from notifications import announce, notify
from notifications.models import Notification
from notifications.realtime import broadcast, publisher, session, subscription
from notifications.realtime.groups import BOARD, PROBE, group_of
from notifications.realtime.hub import get_hub
from notifications.realtime.threads import in_reader
from tests.counted import counted
from tests.realtime.conftest import Connect
from tests.realtime.wire import until

REBUILDS = "notifications_hub_rebuilds_total"


class Layer:
    """What Redis would be, in this process.

    ``is_away``: it fails; ``hangs``: it never answers; ``is_deaf``: it takes everything and brings nothing.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.channels: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.groups: dict[str, set[str]] = {}
        self.sent: list[dict[str, Any]] = []
        self.is_away = self.is_deaf = False
        self.hangs = Event()

    async def _answer(self) -> None:
        if self.is_away:
            raise ConnectionError("away")
        while self.hangs.is_set():
            await asyncio.sleep(0.01)

    async def new_channel(self) -> str:
        await self._answer()
        name = f"channel-{len(self.channels)}"
        self.channels[name] = asyncio.Queue()
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await self._answer()
        self.groups.setdefault(group, set()).add(channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._answer()
        self.groups.get(group, set()).discard(channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._answer()
        if self.is_deaf:
            return
        if message["type"] != "inbox.probe":
            self.sent.append(message)
        for channel in self.groups.get(group, ()):
            self.loop.call_soon_threadsafe(self.channels[channel].put_nowait, message)

    async def receive(self, channel: str) -> dict[str, Any]:
        message = await self.channels[channel].get()
        await self._answer()
        return message


@pytest_asyncio.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    """A layer that other processes share; ours tells its own sockets nothing, so that what arrives came through it."""
    made = Layer()
    for module in (broadcast, publisher, subscription):
        monkeypatch.setattr(module, "shared_layer", lambda: made)
    monkeypatch.setattr(broadcast, "living_hubs", list)
    monkeypatch.setattr(subscription, "REBUILD_SECONDS", 0.02)
    return made


async def send(number: int = 1) -> None:
    def work() -> list[Notification]:
        return [notify("alice", title="Hello", identifier="M") for _ in range(number)]

    await in_reader(work)


@pytest.fixture
def subscribed(layer: Layer) -> Callable[[], bool]:
    return lambda: bool(layer.groups.get(group_of("alice")))


async def test_a_hint_from_another_process_is_passed_on_as_it_is(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wire = await connect()
    await until(subscribed)
    monkeypatch.setattr(session, "changes_since", None)
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


async def test_several_sockets_of_a_user_cost_one_hint(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None
) -> None:
    wires = [(await connect())[1] for _ in range(3)]
    await until(subscribed)
    await send()
    for wire in wires:
        await wire.reaches(1)
    assert len(layer.groups[group_of("alice")]) == len(layer.sent) == 1


async def test_a_layer_that_is_away_costs_no_socket_and_no_notification(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool]
) -> None:
    layer.is_away = True
    _, wire = await connect()
    await send(3)
    await wire.reaches(3)
    assert not subscribed()
    layer.is_away = False
    await until(subscribed)  # built anew
    assert wire.code is None


async def test_a_layer_that_hangs_delays_nobody(connect: Connect, layer: Layer) -> None:
    layer.hangs.set()
    started = monotonic()
    await send(3)
    assert monotonic() - started < 1
    _, wire = await connect()
    await wire.reaches(3)
    layer.hangs.clear()


async def test_who_leaves_is_unsubscribed(connect: Connect, layer: Layer, subscribed: Callable[[], bool]) -> None:
    session_, _ = await connect()
    await connect("bob")  # the hub goes on
    await until(subscribed)
    session_.leave()
    get_hub().leave(session_)
    await until(lambda: not subscribed())


async def test_a_link_that_is_open_but_deaf_is_found_and_made_anew(
    connect: Connect,
    layer: Layer,
    subscribed: Callable[[], bool],
    no_sweep: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscription, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(subscription, "ECHO_SECONDS", 0.2)
    _, wire = await connect()
    await until(subscribed)
    deaf, before = set(layer.channels), counted(REBUILDS)
    layer.is_deaf = True
    await until(lambda: counted(REBUILDS) > before)
    layer.is_deaf = False
    await until(lambda: layer.groups[group_of("alice")] - deaf)
    await send()
    await wire.reaches(1)


async def test_who_cannot_be_subscribed_in_time_has_the_link_made_anew(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "WAIT_SECONDS", 0.1)
    monkeypatch.setattr(subscription, "PROBE_SECONDS", 60)
    await connect("bob")
    await until(lambda: bool(layer.groups.get(group_of("bob"))))
    before = counted(REBUILDS)
    layer.hangs.set()
    await connect()
    layer.hangs.clear()
    await until(subscribed)
    assert counted(REBUILDS) == before + 1


async def test_who_leaves_and_comes_back_at_once_is_subscribed(connect: Connect, layer: Layer) -> None:
    await connect("bob")  # the hub goes on
    await until(lambda: bool(layer.groups.get(group_of("bob"))))
    for _ in range(20):
        session_, _ = await connect()
        session_.leave()
        get_hub().leave(session_)
        again, _ = await connect()
        await asyncio.sleep(0)
        assert layer.groups[group_of("alice")], "the goodbye of the first came after the welcome of the second"
        again.leave()
        get_hub().leave(again)


async def test_a_layer_that_is_away_is_said_once(
    connect: Connect, layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    await connect()
    layer.is_away = True
    for _ in range(5):
        await send()
        await asyncio.sleep(0.02)
    assert len([record for record in caplog.records if "published" in record.message]) == 1


def test_a_group_has_a_harmless_name_whatever_the_user_id() -> None:
    names = {group_of(user_id) for user_id in ("123", "a@b.example", "x" * 64, "a:b", "a+b")}
    assert len(names) == 5
    assert all(len(name) < 100 and name.replace(".", "").isalnum() for name in names)


@dataclass(frozen=True)
class Someone:
    """As much of a session as the hub needs to let it in and out."""

    user_id: str


async def test_a_crowd_that_comes_and_goes_is_no_outage(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for its turn longer than the layer may take to answer one."""
    await connect()
    await until(subscribed)
    before, answer = counted(REBUILDS), layer._answer

    async def slowly() -> None:
        await asyncio.sleep(0.01)
        await answer()

    monkeypatch.setattr(layer, "_answer", slowly)
    monkeypatch.setattr(subscription, "WAIT_SECONDS", 0.2)
    hub = get_hub()
    crowd = [Someone(f"user-{number}") for number in range(50)]
    await asyncio.gather(*(hub.join(each) for each in crowd))
    await until(lambda: all(layer.groups.get(group_of(each.user_id)) for each in crowd))
    for each in crowd:
        hub.leave(each)
    await until(lambda: not any(layer.groups[group_of(each.user_id)] for each in crowd))
    assert counted(REBUILDS) == before


async def test_a_socket_that_comes_while_the_last_one_is_let_go_is_heard_of(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(group: str, channel: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(subscription, "WAIT_SECONDS", 0.1)
    hub = get_hub()
    first, _ = await connect()
    await until(lambda: any(group.startswith(PROBE) for group in layer.groups))
    monkeypatch.setattr(layer, "group_discard", never)
    hub.leave(first)
    await asyncio.sleep(0)
    await hub.join(Someone("bob"))
    await until(lambda: layer.groups.get(group_of("bob")))
    await asyncio.sleep(0.3)  # whatever the end of the first does is done
    await hub.join(Someone("carol"))
    await until(lambda: layer.groups.get(group_of("carol")))
    for name in ("bob", "carol"):
        hub.leave(Someone(name))


async def test_a_hub_that_empties_while_the_link_is_made_anew_stops_listening(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_flushing = asyncio.Event()

    async def flush() -> None:
        """As that of channels_redis, which takes every cancellation for that of its own task."""
        is_flushing.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)

    monkeypatch.setattr(layer, "flush", flush, raising=False)
    monkeypatch.setattr(subscription, "KEEPS_CONNECTIONS", Layer.__module__)
    hub = get_hub()
    first, _ = await connect()
    await until(subscribed)
    tasks = hub._tasks
    hub.subscription._lost.set()
    await is_flushing.wait()
    hub.leave(first)
    await until(lambda: all(task.done() for task in tasks))


async def test_announcements_of_another_process_are_one_hint(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = [(await connect(user))[1] for user in ("alice", "bob", "charlie")]
    await until(lambda: subscribed() and layer.groups.get(BOARD))
    monkeypatch.setattr(broadcast, "on_hubs", lambda act: None)
    await in_reader(lambda: announce(title="News", identifier="OPS"))
    for wire in wires:
        await wire.reaches(1)
    assert [message for message in layer.sent if message["type"] == "inbox.board"] == [{"type": "inbox.board"}]
