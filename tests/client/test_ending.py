"""What ends a client, and what has arrived by then."""

import asyncio

import pytest

from notifications.client import ConnectionRefused, InboxClient, InboxForbidden, ProtocolError

from .acts import greeting, news, take, until
from .scripted_server import closing, scene


@pytest.mark.parametrize(("code", "error"), [(4400, ProtocolError), (4403, InboxForbidden)])
async def test_a_final_code_ends_the_client(inbox, play, connect, code, error):
    server = await play(scene(*greeting(inbox), closing(code, "because")))
    with pytest.raises(error, match="because") as caught:
        await take(await connect(server))
    assert caught.value.code == code
    assert server.visits == 1


async def test_what_had_arrived_is_yielded_before_the_end(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox), closing(4403)))
    client = await connect(server)
    await until(lambda: server.closes)
    assert await take(client) == [3]
    with pytest.raises(InboxForbidden):
        await take(client)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_handshake_ends_the_client(inbox, play, connect, status):
    server = await play(scene(*greeting(inbox)), handshakes=[status])
    with pytest.raises(ConnectionRefused) as caught:
        await take(await connect(server))
    assert caught.value.code == status


async def test_a_redirect_is_not_followed(inbox, play, connect):
    server = await play(scene(*greeting(inbox)), handshakes=[302])
    with pytest.raises(ConnectionRefused):
        await take(await connect(server, "ntf_secret"))
    assert server.visits == 1


async def test_closing_says_goodbye_and_ends_the_iteration(inbox, play):
    server = await play(scene(*greeting(inbox)))
    async with InboxClient(server.url, 123) as client:
        await until(lambda: client.replica.cursor is not None)
        waiting = asyncio.ensure_future(anext(client, None))
        await asyncio.sleep(0)
    assert await waiting is None
    assert [item async for item in client] == []
    await until(lambda: server.closes)
    assert server.closes == [1000]


async def test_a_client_that_never_began_can_be_closed():
    client = InboxClient("ws://127.0.0.1:1", 123)
    await client.close()
    assert [item async for item in client] == []


async def test_a_wait_that_is_given_up_loses_nothing(inbox, play, connect):
    first = greeting(inbox)
    server = await play(scene(*first, 0.6, news(inbox)))
    client = await connect(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(client)
    assert await take(client) == [3]
