"""A frame that was packed once for all sockets goes past the server's ``send``, and only where that loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.frames import Frame
from websockets.streams import StreamReader

from notifications.models.change import Head
from notifications.wire.frames import Range
from tests.realtime.acts import send
from tests.realtime.conftest import Connect
from tests.realtime.wire import until


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_what_is_packed_is_a_whole_message(size: int) -> None:
    text = "ü" * (size // 2) + "x" * (size % 2)
    head = Head(user_id="alice", epoch="e", seq=1, unread=0, unseen=0)
    reader = StreamReader()
    reader.feed_data(Range(head=head, start=0, to=1, text=text).packed)
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    frame: Frame = parsed.value.value
    assert (frame.fin, int(frame.opcode), bytes(frame.data).decode()) == (True, 1, text)
    assert not reader.buffer


async def test_what_cannot_be_pushed_is_sent(connect: Connect, no_sweep: None) -> None:
    pushed: list[bytes] = []
    is_open = [True]

    def push(packed: bytes) -> bool:
        if is_open[0]:
            pushed.append(packed)
        return is_open[0]

    session, wire = await connect(push=push)
    await send()
    await until(lambda: pushed)
    assert b'"to":1' in pushed[0]
    assert wire.ranges == []
    wire.replica.seq = 1  # what was pushed went past the wire
    is_open[0] = False
    await send()
    await wire.reaches(2)
    assert (wire.ranges, session.head.seq, len(pushed)) == ([(1, 2)], 2, 1)


async def test_sockets_of_one_user_are_pushed_the_same_bytes(connect: Connect, no_sweep: None) -> None:
    pushed: list[Any] = []
    for _ in range(3):
        await connect(push=lambda packed: pushed.append(packed) or True)
    await send()
    await until(lambda: len(pushed) == 3)
    assert len({id(packed) for packed in pushed}) == 1
