"""Somebody holds an inbox for long: its sockets do without what it cannot take in, and nobody else's wait for it."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from notifications import announce
from notifications.actions.sync import Ask
from notifications.models import Inbox
from notifications.realtime import marking, reads
from notifications.realtime.threads import in_reader
from notifications.wire import frames
from notifications.wire.codes import Close
from tests import ledger
from tests.held import held, quick
from tests.realtime.conftest import Connect, Open
from tests.realtime.wire import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_postgresql]

SECONDS = 2
"""Enough for all who are not held; a wait for a lock is given up after five."""


async def test_sockets_of_others_open_and_it_has_the_news_when_it_is_let_go(connect: Connect) -> None:
    for user in ("held", "too", "alice"):
        await in_reader(Inbox.objects.open, user)
    await in_reader(lambda: announce(title="News", identifier="OPS"))
    with held("held", "too") as let_go:
        async with asyncio.timeout(SECONDS):
            made = await asyncio.gather(*(connect(user) for user in ("held", "too", "alice", "bob")))
            wires = [wire for _, wire in made]
            await wires[2].reaches(1)  # at the latest by the hub, which may hold it while it waits for the others
        assert [wire.replica.unread for wire in wires] == [0, 0, 1, 0]
        await asyncio.to_thread(let_go)
        for wire in wires[:2]:
            await wire.reaches(1)
            assert wire.ranges == [(0, 1)]
    assert (await in_reader(ledger.check, "held")).unread == 1


async def test_connected_users_have_news_that_a_held_one_cannot_take_in(connect: Connect) -> None:
    wires = {user: (await connect(user))[1] for user in ("alice", "held", "zoe")}
    with held("held") as let_go:
        await in_reader(lambda: announce(title="News", identifier="OPS"))
        async with asyncio.timeout(SECONDS):
            await wires["alice"].reaches(1)
            await wires["zoe"].reaches(1)
        assert wires["held"].replica.seq == 0
        await asyncio.to_thread(let_go)
    await wires["held"].reaches(1)


async def test_only_the_one_whose_inbox_is_just_being_opened_is_sent_away(connect: Connect) -> None:
    with held("held"):
        async with asyncio.timeout(SECONDS):
            refused, *others = await asyncio.gather(
                connect("held", wait=False), *(connect(f"user-{number}") for number in range(5))
            )
            await until(lambda: refused[0].closed is not None)
    assert refused[0].closed == Close.OVERLOADED
    assert [session.closed for session, _ in others] == [None] * 5


async def test_who_marks_in_a_held_inbox_keeps_nobody_else_from_marking(open_socket: Open) -> None:
    users = [f"h{number}" for number in range(6)]
    *mine, alice = [await open_socket(f"/notifications/ws/{user}", token=user) for user in (*users, "alice")]
    with held(*users) as let_go:
        for socket in mine:
            socket.say(type="read", id="m", ids=[1])
        async with asyncio.timeout(SECONDS):
            alice.say(type="read", id="m", up_to=9)
            assert (await alice.answer("m"))["type"] == "ok"
        await asyncio.to_thread(let_go)
        for socket in mine:
            assert (await socket.answer("m"))["type"] == "ok"


async def test_who_marks_in_an_inbox_that_stays_held_is_told_so(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marking, "TURN_SECONDS", 0.3)
    socket = await open_socket()
    with held("alice"):
        async with asyncio.timeout(SECONDS):
            socket.say(type="read", id="early", ids=[1])
            assert (await socket.answer("early"))["code"] == "unavailable"
    socket.say(type="read", id="late", ids=[1])
    assert (await socket.answer("late"))["type"] == "ok"


@pytest.mark.parametrize("since", [None, 9], ids=["a first visit", "a cursor from before a restore"])
def test_who_reads_with_it_is_answered(since: int | None) -> None:
    if since:
        Inbox.objects.open("held")
    with held("held"), quick():
        epoch = Inbox.objects.head("held").epoch if since else None
        found = reads._read([Ask("alice"), Ask("held", since, epoch), Ask("bob", 0)])
    assert [type(each) for each in found] == [frames.Range, OperationalError, frames.Range]
