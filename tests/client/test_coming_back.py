"""The client after a link was lost, against a server that follows a script."""

import asyncio

import pytest

from notifications.client import InboxClient, InboxForbidden

from .acts import PATIENCE_SECONDS, greeting, news, take, until
from .scripted_server import bye, closing, dropping, scene, welcome


async def test_a_dropped_link_is_taken_up_with_the_cursor(inbox, play, connect):
    first = scene(*greeting(inbox), news(inbox), dropping)
    missed = news(inbox)
    server = await play(first, scene(welcome(inbox), missed))
    assert await take(await connect(server), 2) == [3, 4]
    assert server.queries[1] == {"limit": "100", "epoch": "e1", "since": "3"}


async def test_what_comes_again_after_a_drop_is_not_yielded_again(inbox, play, connect):
    first = scene(*greeting(inbox), news(inbox), dropping)
    inbox.create()
    server = await play(first, scene(welcome(inbox), inbox.snapshot("epoch"), news(inbox)))
    assert await take(await connect(server), 3) == [3, 4, 5]


@pytest.mark.parametrize("code", [1000, 1001, 1011, 1012, 4408, 4013])
async def test_after_most_codes_the_client_comes_back(inbox, play, connect, code):
    first = scene(*greeting(inbox), closing(code))
    server = await play(first, scene(welcome(inbox), news(inbox)))
    assert await take(await connect(server)) == [3]


async def test_a_server_that_is_not_up_yet_is_waited_for(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)), handshakes=[503, 502, 429])
    assert await take(await connect(server)) == [3]
    assert server.visits == 4


async def test_an_address_where_nobody_listens_is_tried_again():
    states = []
    async with InboxClient("ws://127.0.0.1:1", 123, on_state=states.append) as client:
        await until(lambda: len(states) >= 2)
    assert all("again in" in state for state in states)
    assert client.replica.cursor is None


async def test_silence_for_two_and_a_half_heartbeats_is_a_dead_link(inbox, play, connect):
    first = scene(welcome(inbox, heartbeat_seconds=0.04), inbox.snapshot())
    server = await play(first, scene(welcome(inbox), news(inbox)))
    assert await take(await connect(server)) == [3]
    assert server.queries[1]["since"] == "2"


async def test_heartbeats_keep_a_quiet_link(inbox, play, connect):
    beats = [step for _ in range(8) for step in (0.15, inbox.heartbeat())]
    server = await play(scene(welcome(inbox, heartbeat_seconds=0.4), inbox.snapshot(), *beats, news(inbox)))
    assert await take(await connect(server)) == [3]
    assert server.visits == 1


async def test_the_server_says_when_to_come_back(inbox, play, connect):
    first = scene(*greeting(inbox), bye(4012, "restart", [0.3, 0.4]), closing(4012))
    server = await play(first, scene(welcome(inbox), news(inbox)))
    client = await connect(server)
    await until(lambda: server.visits == 1 and server.closes)
    closed_at = asyncio.get_running_loop().time()
    await take(client)
    assert 0.25 < asyncio.get_running_loop().time() - closed_at < PATIENCE_SECONDS


async def test_the_goodbye_is_believed_when_the_close_code_is_lost(play, connect):
    server = await play(scene(bye(4403, "This inbox is not yours."), dropping))
    with pytest.raises(InboxForbidden, match="not yours"):
        await take(await connect(server))
