"""Somebody holds an inbox for long: its sockets do without what it cannot take in, and nobody else's wait for it."""

from __future__ import annotations

import asyncio

import pytest
from django.db import OperationalError

from notifications.actions.sync import Ask
from notifications.models import Inbox
from notifications.realtime import reads
from notifications.wire import frames
from notifications.wire.codes import Close
from tests.held import held, quick
from tests.realtime.conftest import Connect
from tests.realtime.wire import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_postgresql]

SECONDS = 2
"""Enough for all who are not held; a wait for a lock is given up after five."""


async def test_only_the_one_whose_inbox_is_just_being_opened_is_sent_away(connect: Connect) -> None:
    with held("held"):
        async with asyncio.timeout(SECONDS):
            refused, *others = await asyncio.gather(
                connect("held", wait=False), *(connect(f"user-{number}") for number in range(5))
            )
            await until(lambda: refused[0].closed is not None)
    assert refused[0].closed == Close.OVERLOADED
    assert [session.closed for session, _ in others] == [None] * 5


@pytest.mark.parametrize("since", [None, 9], ids=["a first visit", "a cursor from before a restore"])
def test_who_reads_with_it_is_answered(since: int | None) -> None:
    if since:
        Inbox.objects.open("held")
    with held("held"), quick():
        epoch = Inbox.objects.head("held").epoch if since else None
        found = reads._read([Ask("alice"), Ask("held", since, epoch), Ask("bob", 0)])
    assert [type(each) for each in found] == [frames.Range, OperationalError, frames.Range]
