"""A layer that is away, hangs or is deaf: its loss costs only time, and the link is made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import pytest

from notifications.realtime import subscription
from notifications.realtime.groups import group_of
from tests.counted import counted
from tests.realtime.conftest import Connect
from tests.realtime.layer.stand_in import REBUILDS, Layer, send
from tests.realtime.wire import until


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


async def test_a_layer_that_is_away_is_said_once(
    connect: Connect, layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    await connect()
    layer.is_away = True
    for _ in range(5):
        await send()
        await asyncio.sleep(0.02)
    assert len([record for record in caplog.records if "published" in record.message]) == 1
