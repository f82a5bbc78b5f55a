"""A device in Node tells the rig all that a device in Python does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notifications.client import InboxClosed
from tests.chaos.devices import CUT
from tests.chaos.ledger import Ledger
from tests.chaos.node_devices import NodeDevice, NodeDevices, node
from tests.chaos.processes import until
from tests.service import Service

NOTIFY = "from notifications import notify; result = notify('alice', title=title, identifier='MESSAGE').pk"
SECONDS = 15


def engine(address: str = "127.0.0.1:9") -> Any:
    return SimpleNamespace(name="server1", address=address, front=SimpleNamespace(disturbed=set()), is_draining=False)


@pytest.fixture
def ledger() -> Ledger:
    ledger = Ledger()
    ledger.for_everyone |= {"one", "two"}
    return ledger


@pytest.fixture
def phone(tmp_path: Path, ledger: Ledger) -> NodeDevice:
    """Alice's, connected; nothing runs."""
    device = NodeDevices([engine()], tmp_path / "node.log", token_seconds=90).device("phone", "alice", ledger)
    device.hear("connecting", 1, {"engine": "server1", "since": 7})
    device.hear("port", 2, {"port": 4711})
    device.hear("frame", 3, {"frame": {"type": "welcome"}})
    return device


def changes(start: int, to: int, *items: dict[str, Any]) -> dict[str, Any]:
    return {"frame": {"type": "changes", "from": start, "to": to, "items": [*items]}}


def test_frames_chain_to_the_cursor_that_a_device_asked_with(phone: NodeDevice) -> None:
    phone.hear("frame", 4, changes(7, 8))
    phone.hear("frame", 5, changes(8, 9))
    assert not phone.seen.broken
    phone.hear("connecting", 6, {"engine": "server1", "since": 9})
    phone.hear("frame", 7, changes(8, 9))
    assert phone.seen.broken == ["phone: 8–9 came after 9"]


def test_a_delivery_is_timed_where_the_frame_came(phone: NodeDevice) -> None:
    phone.hear("frame", 4, changes(7, 7))
    phone.hear("frame", 5.5, changes(7, 8))
    assert [(arrival.at, arrival.since) for arrival in phone.seen.arrivals] == [(5.5, 3)]


def test_what_rest_answers_in_the_sockets_stead_is_judged_too(phone: NodeDevice) -> None:
    items = [{"id": 5, "title": "one"}, {"id": 4, "title": "nobody wrote this"}]
    snapshot = {"type": "snapshot", "reason": "epoch", "to": 9, "items": items, "more": True}
    phone.hear("polled", 4, {"frame": snapshot})
    assert (phone.seen.first_mark, phone.seen.floor, phone.seen.polls) == (5, 4, 1)
    assert [*phone.seen.invented] == ["phone: 'nobody wrote this' was sent, which nobody wrote"]


def test_a_full_device_has_forgotten_what_is_older(phone: NodeDevice) -> None:
    phone.hear("holds", 4, {"cursor": ["e", 9], "lowest": 3})
    phone.hear("holds", 5, {"cursor": ["e", 10], "lowest": 0})
    assert (phone.seen.floor, phone.held.cursor) == (3, ("e", 10))


def test_a_planned_restart_cuts_nobody_but_who_was_cut_by_the_rig(phone: NodeDevice) -> None:
    phone._engine.is_draining = True
    phone._engine.front.disturbed.add(4711)
    phone.hear("ended", 4, {"code": CUT})
    assert not phone.seen.cut_while_drained
    phone._engine.front.disturbed.clear()
    phone.hear("frame", 5, {"frame": {"type": "welcome"}})
    phone.hear("ended", 6, {"code": CUT})
    assert phone.seen.cut_while_drained == 1


def test_who_is_refused_for_good_has_failed(phone: NodeDevice) -> None:
    phone.hear("state", 4, {"state": "offline", "code": 0})
    assert phone.failure is None
    phone.hear("state", 5, {"state": "closed", "code": 4403})
    assert "4403" in str(phone.failure)


needs_node = pytest.mark.skipif(node() is None and "CI" not in os.environ, reason="Node 20: apt-get install nodejs")


@asynccontextmanager
async def devices(directory: Path, address: str = "127.0.0.1:9") -> AsyncIterator[NodeDevices]:
    process = NodeDevices([engine(address)], directory / "node.log", token_seconds=90)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


@needs_node
async def test_a_device_in_node_follows_marks_vanishes_and_comes_back(
    new_service: Callable[..., Service], tmp_path: Path, ledger: Ledger
) -> None:
    service = new_service(closed=True)
    with service.server("uvicorn") as server, service.outsider() as outsider:
        async with devices(tmp_path, server.address) as process:
            phone = process.device("phone", "alice", ledger)
            phone.start()
            assert await until(lambda: phone.held.cursor, seconds=SECONDS), phone.failure
            first = await outsider.run(NOTIFY, title="one")
            assert await until(lambda: phone.seen.announced == {first: "one"}, seconds=SECONDS)
            await phone.mark("read", [first])
            assert await until(lambda: (phone.held.cursor or ("", 0))[1] == 2, seconds=SECONDS)
            await phone.look()
            assert (phone.held.unread, phone.held.items[first]["is_read"]) == (0, True)
            phone.abort()
            assert await until(lambda: phone.seen.closes[CUT] == 1, seconds=SECONDS)
            second = await outsider.run(NOTIFY, title="two")
            assert await until(lambda: phone.seen.announced == {first: "one", second: "two"}, seconds=SECONDS)
            await phone.close()
            assert await until(lambda: not phone.seen.is_connected, seconds=SECONDS)
            assert phone.failure is None
            assert not phone.seen.is_red


@needs_node
async def test_a_process_that_is_gone_has_failed_and_lets_nobody_wait(tmp_path: Path, ledger: Ledger) -> None:
    async with devices(tmp_path) as process:
        phone = process.device("phone", "alice", ledger)
        phone.start()
        process.tell("abort", "nobody has started this one")
        with pytest.raises(InboxClosed):
            await phone.mark("read", [1])
        assert "Node ended with 1: " in str(phone.failure)
        await phone.look()
