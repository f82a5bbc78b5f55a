"""A live socket whose inbox is erased, or gets a new epoch: it begins again, and announces nothing twice."""

from __future__ import annotations

import pytest

from notifications.actions.erasure import erase
from notifications.models import Inbox, Notification
from notifications.realtime.threads import in_reader
from tests.realtime.acts import head, send
from tests.realtime.conftest import Connect, Open
from tests.realtime.wire import until

pytestmark = pytest.mark.usefixtures("no_hints")  # from another process, whose hints are lost: the sweep has to do it


async def test_the_socket_of_an_erased_user_ends_up_with_an_empty_inbox(open_socket: Open) -> None:
    await send(times=3)
    socket = await open_socket()
    old = socket.replica.epoch
    erased = await in_reader(erase, "alice")
    assert erased.notifications == 3
    await until(lambda: socket.replica.epoch != old)
    assert socket.of("snapshot")[-1]["reason"] == "epoch"
    assert (socket.replica.items, socket.replica.seq) == ({}, 0)
    assert (socket.replica.unread, socket.replica.unseen) == (0, 0)
    assert socket.replica.cursor == ((await head()).epoch, 0)
    assert socket.code is None


async def test_what_comes_after_an_erasure_arrives_once(connect: Connect) -> None:
    await send(times=3)
    _, wire = await connect()
    await in_reader(erase, "alice")
    after = await send(title="After")
    await until(lambda: after.pk in wire.replica.items)
    assert wire.replica.cursor == ((await head()).epoch, 1)
    assert list(wire.replica.items) == [after.pk]


async def test_a_user_nobody_has_heard_of_is_erased_under_a_socket(open_socket: Open) -> None:
    socket = await open_socket()
    await in_reader(erase, "alice")
    await until(lambda: len(socket.of("snapshot")) == 2)
    assert await in_reader(Inbox.objects.count) == 1  # the socket is there, and so is its inbox
    assert await in_reader(Notification.objects.count) == 0
