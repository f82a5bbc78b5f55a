"""The client while its link holds, against a server that follows a script."""

import json

import pytest

from notifications.client import InboxClient, ProtocolError

from .acts import greeting, news, take, until
from .scripted_server import scene


async def test_only_what_arrives_is_yielded(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox), news(inbox)))
    assert await take(await connect(server), 2) == [3, 4]


async def test_with_history_the_unread_ones_come_first(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    assert await take(await connect(server, history=True), 3) == [1, 2, 3]


async def test_a_notification_is_yielded_as_the_server_sent_it(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    assert await anext(await connect(server)) == inbox.rows[3]


async def test_the_path_names_the_user(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server, user_id="a@b:c+d"))
    assert server.paths == ["/notifications/ws/a%40b%3Ac%2Bd"]


async def test_a_first_visit_has_no_cursor(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server))
    assert server.queries == [{"limit": "100"}]


async def test_a_gap_is_asked_for(inbox, play, connect):
    async def answer(socket):
        assert json.loads(await socket.recv()) == {"type": "sync", "since": 2}
        await socket.send(json.dumps(inbox.changes(2)))

    first = greeting(inbox)
    inbox.create()
    server = await play(scene(*first, news(inbox), answer))
    assert await take(await connect(server), 2) == [3, 4]


async def test_with_ack_every_frame_taken_in_is_acknowledged(inbox, play, connect):
    acks = []

    async def hear(socket):
        acks.append(json.loads(await socket.recv()))

    server = await play(scene(*greeting(inbox), hear, news(inbox), hear))
    await take(await connect(server, ack=True))
    await until(lambda: len(acks) == 2)
    assert server.queries == [{"limit": "100", "ack": "1"}]
    assert acks == [{"type": "ack", "seq": 2}, {"type": "ack", "seq": 3}]


async def test_frames_of_a_later_protocol_are_passed_over(inbox, play, connect):
    server = await play(scene({"type": "novelty"}, *greeting(inbox), news(inbox)))
    assert await take(await connect(server)) == [3]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"type":"snapshot"}', '{"type":"bye"}', "null", b"\xff"])
async def test_what_is_not_the_protocol_ends_the_client(play, connect, text):
    async def babble(socket):
        await socket.send(text)

    server = await play(scene(babble))
    with pytest.raises(ProtocolError):
        await take(await connect(server))


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://localhost", "ws://", "/notifications"])
async def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError, match="is not an address"):
        InboxClient(url, 123)
