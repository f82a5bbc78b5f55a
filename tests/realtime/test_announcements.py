"""Announcements over sockets: connected users have them at once, each device once, whatever becomes of the hints."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from notifications import announce, notify_many, retract
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement, Change, Inbox
from notifications.realtime import broadcast, hub
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Cursor
from notifications.realtime.threads import in_reader
from tests import ledger
from tests.realtime.acts import send
from tests.realtime.conftest import Connect, Open
from tests.realtime.wire import PATIENCE_SECONDS


async def say(title: str = "News", **fields: object) -> Announcement:
    return await in_reader(lambda: announce(title=title, identifier="OPS", **fields))


async def test_connected_users_have_it_at_once_and_together(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in: list[int] = []
    real = hub.catch_up

    def count(user_ids: list[str], **how: bool) -> None:
        taken_in.append(len(user_ids))
        real(user_ids, **how)

    monkeypatch.setattr(hub, "catch_up", count)
    wires = [(await connect(f"user-{number}"))[1] for number in range(30)]
    await say()
    for wire in wires:
        await wire.reaches(1)
        assert wire.ranges == [(0, 1)]
        assert wire.frames[-1]["items"][0]["title"] == "News"
        assert wire.replica.unread == 1
    assert taken_in == [30]


async def test_edits_and_retractions_are_live(connect: Connect, no_sweep: None) -> None:
    _, wire = await connect()
    announcement = await say()
    await wire.reaches(1)
    announcement.title = "Better news"
    await in_reader(announcement.save)
    await wire.reaches(2)
    assert [item["title"] for item in wire.replica.items.values()] == ["Better news"]
    await in_reader(retract, announcement)
    await wire.reaches(3)
    assert (wire.replica.items, wire.replica.unread) == ({}, 0)
    assert wire.ranges == [(0, 1), (1, 2), (2, 3)]


async def test_who_connects_has_it_in_the_first_snapshot(connect: Connect, no_sweep: None) -> None:
    await send()
    await say()
    _, wire = await connect()
    assert [item["title"] for item in wire.frames[1]["items"]] == ["News", "Hello"]
    assert (wire.replica.seq, wire.replica.unread) == (2, 2)


async def test_who_returns_has_it_in_the_changes(connect: Connect, no_sweep: None) -> None:
    await send()
    await say()
    _, wire = await connect(cursor=Cursor(seq=1, epoch=None))
    assert wire.ranges == [(1, 2)]


async def test_a_whole_socket_gets_it(open_socket: Open) -> None:
    socket = await open_socket()
    await say()
    await socket.reaches(1)
    assert socket.frames[-1]["items"][0]["title"] == "News"


async def test_without_any_hint_the_sweep_brings_it(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast, "tell_board", lambda: None)
    _, wire = await connect()
    for number in range(1, 4):
        await say(f"Number {number}")
        await wire.reaches(number)


async def test_when_every_hint_is_lost_it_costs_only_time(
    connect: Connect, no_hints: list[Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "tell_board", lambda: None)
    _, wire = await connect()
    await say()
    await wire.reaches(1)
    assert len(no_hints) == 1


async def test_a_database_that_is_away_delays_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, no_sweep: None, caplog: pytest.LogCaptureFixture
) -> None:
    _, wire = await connect()
    real, faults = hub.catch_up, [OperationalError("away")] * 2

    def fail_first(user_ids: list[str], **how: bool) -> None:
        if faults:
            raise faults.pop()
        real(user_ids, **how)

    monkeypatch.setattr(hub, "catch_up", fail_first)
    await say()
    await wire.reaches(1)
    assert not faults
    assert caplog.messages[0] == "The taking in of announcements waits for the database: away"
    assert len([line for line in caplog.messages if "away" in line]) == 1


async def test_a_list_reaches_only_those_on_it(connect: Connect, no_sweep: None) -> None:
    _, alice = await connect("alice")
    _, bob = await connect("bob")
    await say(users=["alice", "charlie"])
    assert await in_reader(deliver_next)
    await alice.reaches(1)
    await say("For all")
    await alice.reaches(2)
    await bob.reaches(1)
    assert [item["title"] for item in bob.replica.items.values()] == ["For all"]
    assert (await in_reader(ledger.check, "charlie")).unread == 1


async def test_announcing_amid_traffic_loses_nothing(connect: Connect) -> None:
    wires = {user: (await connect(user))[1] for user in ("alice", "bob", "charlie")}

    async def traffic() -> None:
        for _ in range(10):
            await in_reader(lambda: notify_many(list(wires), title="Hi", identifier="M"))

    async def news() -> None:
        for number in range(10):
            made = await say(f"Number {number}")
            if number % 3 == 0:
                await in_reader(retract, made)

    await asyncio.gather(traffic(), news())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await in_reader(lambda: any(is_behind for *_, is_behind in Inbox.objects.positions(list(wires)))):
            await asyncio.sleep(0.01)
    for user, wire in wires.items():
        head = await in_reader(ledger.check, user)
        await wire.reaches(head.seq)
        assert (len(wire.replica.items), wire.replica.unread, head.unread) == (16, 16, 16)
        assert [start for start, _ in wire.ranges] == [0, *(to for _, to in wire.ranges[:-1])]
    assert get_hub().count == 3


async def test_what_an_early_round_of_the_sweep_saw_is_not_forgotten(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It follows each taking in; on SQLite its look uses up the news of an announcement that was made meanwhile."""
    monkeypatch.setattr(broadcast, "tell_board", lambda: None)
    _, wire = await connect()
    sweep = get_hub().sweep
    for number in range(1, 9):
        await say(f"Number {number}")
        sweep.hurry()
        await wire.reaches(number)
