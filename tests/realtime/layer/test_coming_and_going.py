"""Who comes is subscribed and who leaves is not, one after another or all at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from notifications.realtime import subscription
from notifications.realtime.groups import PROBE, group_of
from notifications.realtime.hub import get_hub
from notifications.realtime.reads import Reads
from tests.counted import counted
from tests.realtime.conftest import Connect
from tests.realtime.layer.stand_in import REBUILDS, Layer
from tests.realtime.wire import until


async def test_who_leaves_is_unsubscribed(connect: Connect, layer: Layer, subscribed: Callable[[], bool]) -> None:
    session_, _ = await connect()
    await connect("bob")  # the hub goes on
    await until(subscribed)
    session_.leave()
    get_hub().leave(session_)
    await until(lambda: not subscribed())


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


@dataclass(unsafe_hash=True)
class Someone:
    """As much of a session as the hub needs to let it in and out."""

    user_id: str
    reads: Reads | None = field(default=None, compare=False)


async def test_who_comes_back_during_the_goodbye_is_subscribed_after_it(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow goodbye that ended after the welcome would leave the group without us."""
    goodbye, may_end = layer.group_discard, asyncio.Event()
    is_leaving = asyncio.Event()

    async def slowly(group: str, channel: str) -> None:
        is_leaving.set()
        await may_end.wait()
        await goodbye(group, channel)

    await connect("bob")  # the hub goes on
    session_, _ = await connect()
    await until(subscribed)
    monkeypatch.setattr(layer, "group_discard", slowly)
    session_.leave()
    get_hub().leave(session_)
    await is_leaving.wait()
    back = asyncio.ensure_future(connect())
    await asyncio.sleep(0.05)  # nothing is to happen: the welcome waits for its turn
    may_end.set()
    await back
    assert subscribed()


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
    monkeypatch.setattr(subscription, "keeps_connections", lambda layer: True)
    hub = get_hub()
    first, _ = await connect()
    await until(subscribed)
    tasks = hub._tasks
    hub.subscription._lost.set()
    await is_flushing.wait()
    hub.leave(first)
    await until(lambda: all(task.done() for task in tasks))


async def test_a_hub_that_empties_while_the_layer_swallows_it_stops_listening(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_adding = asyncio.Event()
    group_add = layer.group_add

    async def swallow(group: str, channel: str) -> None:
        is_adding.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)
        await group_add(group, channel)

    monkeypatch.setattr(layer, "group_add", swallow)
    hub = get_hub()
    joining = asyncio.ensure_future(hub.join(Someone("bob")))
    await is_adding.wait()
    tasks = hub._tasks
    hub.leave(Someone("bob"))
    await until(lambda: all(task.done() for task in tasks))
    await joining
    await until(lambda: not any(layer.groups.values()))


async def test_a_probe_whose_end_the_layer_swallows_ends_all_the_same(
    connect: Connect, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_sending = asyncio.Event()
    group_send = layer.group_send

    async def swallow(group: str, message: dict[str, Any]) -> None:
        is_sending.set()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)
        layer.is_deaf = True  # the echo of who has gone is heard by nobody
        await group_send(group, message)

    monkeypatch.setattr(layer, "group_send", swallow)
    hub = get_hub()
    await hub.join(Someone("bob"))
    await is_sending.wait()
    tasks = hub._tasks
    hub.leave(Someone("bob"))
    await until(lambda: all(task.done() for task in tasks))
    assert not [task for task in asyncio.all_tasks() if "Subscription._probe" in repr(task.get_coro())]


async def test_a_turn_that_the_layer_cancels_is_not_the_last(
    connect: Connect, layer: Layer, subscribed: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    await connect("bob")
    await until(lambda: layer.groups.get(group_of("bob")))
    add, cancelled = layer.group_add, []

    async def cancelled_once(group: str, channel: str) -> None:
        if not cancelled:
            cancelled.append(group)
            raise asyncio.CancelledError
        await add(group, channel)

    monkeypatch.setattr(layer, "group_add", cancelled_once)
    await get_hub().join(Someone("carol"))
    assert cancelled
    await connect()
    await until(subscribed)
    get_hub().leave(Someone("carol"))


async def test_who_leaves_while_the_hub_subscribes_takes_nobodys_turn_away(
    connect: Connect, layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, is_adding, may_go = layer.group_add, asyncio.Event(), asyncio.Event()

    async def slow(group: str, channel: str) -> None:
        if group == group_of("bob"):
            is_adding.set()
            await may_go.wait()
        await add(group, channel)

    monkeypatch.setattr(layer, "group_add", slow)
    hub = get_hub()
    joining = asyncio.ensure_future(hub.join(Someone("bob")))
    await is_adding.wait()
    (turn,) = (task for task in asyncio.all_tasks() if "_take_turns" in repr(task.get_coro()))
    tasks = hub._tasks
    hub.leave(Someone("bob"))
    await asyncio.sleep(0)
    may_go.set()
    await turn  # raises nothing
    await joining
    await until(lambda: all(task.done() for task in tasks))


def test_one_layer_is_made_however_many_threads_ask_first(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    made: list[object] = []
    manager = subscription.ChannelLayerManager()
    both = Barrier(2)

    def make(name: str) -> object:
        with suppress(BrokenBarrierError):
            both.wait(0.3)  # the other one, if it may come as far
        made.append(name)
        return object()

    monkeypatch.setattr(manager, "make_backend", make)
    monkeypatch.setattr(subscription, "_layers", manager)
    with ThreadPoolExecutor(2) as threads:
        layers = [future.result() for future in [threads.submit(subscription.shared_layer) for _ in range(2)]]
    assert (made, layers[0]) == (["default"], layers[1])
