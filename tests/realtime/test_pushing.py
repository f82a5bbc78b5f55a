"""A frame that was packed once for all sockets goes past the server's ``send``, and only where that loses nothing."""

from __future__ import annotations

import json

import pytest
from websockets.frames import Frame
from websockets.streams import StreamReader

from notifications.models.change import Head
from notifications.wire.frames import Range
from tests.realtime.acts import send
from tests.realtime.conftest import Connect
from tests.realtime.wire import Pipe, until


def unpack(packed: bytes) -> list[str]:
    """The texts of whole messages."""
    reader = StreamReader()
    reader.feed_data(packed)
    texts = []
    while reader.buffer:
        parsing = Frame.parse(reader.read_exact, mask=False)
        with pytest.raises(StopIteration) as parsed:
            next(parsing)
        frame: Frame = parsed.value.value
        assert (frame.fin, int(frame.opcode)) == (True, 1)
        texts.append(bytes(frame.data).decode())
    return texts


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_what_is_packed_is_a_whole_message(size: int) -> None:
    text = "ü" * (size // 2) + "x" * (size % 2)
    head = Head(user_id="alice", epoch="e", seq=1, unread=0, unseen=0)
    assert unpack(Range(head=head, start=0, to=1, text=text).packed) == [text]


async def test_what_cannot_be_pushed_is_sent(connect: Connect, no_sweep: None) -> None:
    pipe = Pipe()
    session, wire = await connect(push=pipe)
    pipe.is_open = True
    await send()
    await until(lambda: pipe.pushed)
    assert b'"to":1' in pipe.pushed[0]
    assert wire.ranges == []
    wire.replica.seq = 1  # what was pushed went past the wire
    pipe.is_open = False
    await send()
    await wire.reaches(2)
    assert (wire.ranges, session.head.seq, len(pipe.pushed)) == ([(1, 2)], 2, 1)


async def test_sockets_of_one_user_are_pushed_the_same_bytes(connect: Connect, no_sweep: None) -> None:
    pipe = Pipe()
    for _ in range(3):
        await connect(push=pipe)
    pipe.is_open = True
    await send()
    await until(lambda: len(pipe.pushed) == 3)
    assert len({id(packed) for packed in pipe.pushed}) == 1


async def test_the_first_two_frames_go_out_in_one_piece(connect: Connect, no_sweep: None) -> None:
    pipe = Pipe(is_open=True)
    session, wire = await connect(push=pipe, wait=False)
    await until(lambda: session.is_at_rest)
    (packed,) = pipe.pushed
    assert [json.loads(text)["type"] for text in unpack(packed)] == ["welcome", "snapshot"]
    assert wire.frames == []
