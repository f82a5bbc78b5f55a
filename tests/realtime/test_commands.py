"""What a socket may ask."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from notifications.actions import credentials
from notifications.models import Notification
from notifications.realtime import marking
from notifications.realtime.threads import in_reader
from tests.realtime.acts import key, send
from tests.realtime.conftest import Open
from tests.realtime.wire import until


async def test_a_query_brings_the_cursor_and_the_wishes(open_socket: Open) -> None:
    for _ in range(3):
        await send()
    first = await open_socket(query="limit=2&unknown=ignored")
    assert len(first.frames[1]["items"]) == 2
    again = await open_socket(query=f"epoch={first.replica.epoch}&since=1&ack=1", wait=False)
    again.replica.seq, again.replica.epoch = 1, first.replica.epoch
    await again.reaches(3)
    assert again.ranges == [(1, 3)]
    again.say(type="ack", seq=3)
    again.say(type="ping", id="p")
    await until(lambda: again.of("heartbeat"))


async def test_reading_is_answered_and_told_to_every_device(open_socket: Open) -> None:
    sent = await send()
    phone, laptop = await open_socket(), await open_socket()
    phone.say(type="read", id="c1", ids=[sent.pk, 2**63 - 1])
    assert await phone.answer("c1") == {"type": "ok", "id": "c1", "seq": 2, "changed": 1}
    for device in (phone, laptop):
        await device.reaches(2)
        assert device.replica.unread == 0
        assert device.replica.items[sent.pk]["is_read"] is True


async def test_reading_twice_changes_nothing(open_socket: Open) -> None:
    sent = await send()
    socket = await open_socket()
    for number, changed in ((1, 1), (2, 0)):
        socket.say(type="read", id=number, up_to=sent.pk)
        assert (await socket.answer(number))["changed"] == changed
    assert socket.replica.seq == 2


@pytest.mark.parametrize(
    ("verb", "member"),
    [("read", "is_read"), ("seen", "seen_at"), ("archive", "archived_at"), ("delete", None)],
)
async def test_every_verb_may_be_commanded(open_socket: Open, verb: str, member: str | None) -> None:
    sent = await send()
    socket = await open_socket()
    socket.say(type=verb, id="c", ids=[sent.pk])
    assert (await socket.answer("c"))["changed"] == 1
    await socket.reaches(2)
    if member is None:
        assert socket.replica.items == {}
    else:
        assert socket.replica.items[sent.pk][member]


async def test_unread_and_unarchive_take_it_back(open_socket: Open) -> None:
    sent = await send()
    socket = await open_socket()
    for seq, verb in enumerate(("read", "unread", "archive", "unarchive"), 2):
        socket.say(type=verb, ids=[sent.pk])
        await socket.reaches(seq)
    assert (socket.replica.unread, socket.replica.items[sent.pk]["archived_at"]) == (1, None)


async def test_the_rows_of_others_are_out_of_reach(open_socket: Open) -> None:
    theirs = await send("bob")
    socket = await open_socket()
    socket.say(type="delete", id="c", ids=[theirs.pk])
    assert (await socket.answer("c"))["changed"] == 0
    assert await in_reader(Notification.objects.live().filter(pk=theirs.pk).exists)


async def test_a_key_that_may_only_read_may_not_mark(open_socket: Open) -> None:
    sent = await send()
    _, secret = await key("read")
    socket = await open_socket(token=secret)
    socket.say(type="read", id="c", ids=[sent.pk])
    assert (await socket.answer("c"))["code"] == "permission_denied"
    assert (await in_reader(Notification.objects.get)).read_at is None


async def test_ping_is_answered_with_where_we_stand(open_socket: Open) -> None:
    await send()
    socket = await open_socket()
    socket.say(type="ping")
    await until(lambda: socket.of("heartbeat"))
    assert socket.of("heartbeat") == [{"type": "heartbeat", "seq": 1, "unread": 1, "unseen": 1}]


async def test_sync_goes_back_to_the_named_seq(open_socket: Open) -> None:
    for _ in range(3):
        await send()
    socket = await open_socket()
    socket.say(type="sync", since=1)
    await until(lambda: socket.ranges)
    assert socket.ranges == [(1, 3)]
    socket.say(type="sync", since=1, epoch="another")
    await until(lambda: len(socket.of("snapshot")) == 2)
    assert socket.of("snapshot")[1]["reason"] == "epoch"


async def test_a_database_that_is_away_refuses_a_command_and_keeps_the_socket(
    open_socket: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    socket = await open_socket()
    with monkeypatch.context() as patch:
        patch.setattr(marking, "mark", fail)
        patch.setattr(credentials, "_read_key", fail)
        for number in range(12):  # more than ten in a row: they are not the client's fault
            socket.say(type="read", id=number, ids=[1])
            assert (await socket.answer(number))["code"] == "unavailable"
        socket.say(type="auth", id="renew", token="ntf_something")
        assert (await socket.answer("renew"))["code"] == "unavailable"
    socket.say(type="read", id="again", ids=[1])
    assert (await socket.answer("again"))["type"] == "ok"


async def test_ten_errors_in_a_row_are_4400(open_socket: Open) -> None:
    socket = await open_socket()
    for _ in range(9):
        socket.say("nonsense")
    socket.say(type="ping")
    for _ in range(10):
        socket.say("nonsense")
    assert await socket.ends() == 4400
    assert len(socket.of("error")) == 19
    assert socket.frames[-1] == {"type": "bye", "code": 4400, "reason": "too_many_errors"}


async def test_bytes_are_4400(open_socket: Open) -> None:
    socket = await open_socket()
    socket.say(binary=b'{"type":"ping"}')
    assert await socket.ends() == 4400
    assert socket.frames[-1]["reason"] == "text_frames_only"
