"""The layer under the hub, and whether alice is subscribed to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import pytest_asyncio

from notifications.realtime import broadcast, publisher, subscription
from notifications.realtime.groups import group_of
from tests.realtime.layer.stand_in import Layer


@pytest_asyncio.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    """A layer that other processes share; ours tells its own sockets nothing, so that what arrives came through it."""
    made = Layer()
    for module in (broadcast, publisher, subscription):
        monkeypatch.setattr(module, "shared_layer", lambda: made)
    monkeypatch.setattr(broadcast, "living_hubs", list)
    monkeypatch.setattr(subscription, "this_process", lambda: "another process than the one that sent")
    monkeypatch.setattr(subscription, "REBUILD_SECONDS", 0.02)
    return made


@pytest.fixture
def subscribed(layer: Layer) -> Callable[[], bool]:
    return lambda: bool(layer.groups.get(group_of("alice")))
