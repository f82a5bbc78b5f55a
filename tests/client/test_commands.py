"""The client's commands: answered, paced, and carried over to the next connection."""

import asyncio
import json

import pytest

from notifications.client import CommandRefused, InboxClosed, InboxForbidden, commands, inbox

from .acts import greeting, news, take, until
from .scripted_server import closing, dropping, scene


def answering(heard, *, changed=1):
    """Answers every command with ok."""

    async def answer(socket):
        async for text in socket:
            command = json.loads(text)
            heard.append(command)
            await socket.send(json.dumps({"type": "ok", "id": command["id"], "seq": 9, "changed": changed}))

    return answer


async def listening(socket):
    await socket.recv()


async def test_reading_tells_how_many_changed(inbox, play, connect):
    heard = []
    client = await connect(await play(scene(*greeting(inbox), answering(heard, changed=2))))
    assert await client.read([1, 2]) == 2
    assert heard == [{"type": "read", "ids": [1, 2], "id": "c1"}]


async def test_all_up_to_an_id_can_be_marked(inbox, play, connect):
    heard = []
    client = await connect(await play(scene(*greeting(inbox), answering(heard))))
    await client.mark("archive", up_to=813)
    assert heard == [{"type": "archive", "up_to": 813, "id": "c1"}]


async def test_nothing_to_mark_asks_nothing(inbox, play, connect):
    heard = []
    client = await connect(await play(scene(*greeting(inbox), answering(heard))))
    assert await client.read([]) == 0
    assert heard == []


async def test_many_ids_go_in_portions(inbox, play, connect):
    heard = []
    client = await connect(await play(scene(*greeting(inbox), answering(heard, changed=400))))
    assert await client.read(range(1, 1201)) == 1200
    assert [len(command["ids"]) for command in heard] == [500, 500, 200]


async def test_commands_within_the_loop_do_not_wait_for_what_is_not_taken(inbox, play, connect, monkeypatch):
    monkeypatch.setattr("notifications.client.inbox.READY_MAX", 2)
    heard = []
    storm = [news(inbox) for _ in range(20)]
    inbox.rows.clear()
    snapshot = {**inbox.snapshot(), "to": 2}
    server = await play(scene(greeting(inbox)[0], snapshot, *storm, answering(heard)))
    client = await connect(server)
    for expected in range(3, 23):
        assert await take(client) == [expected]
        async with asyncio.timeout(5):
            assert await client.read([expected]) == 1
    assert len(heard) == 20


async def test_a_command_is_answered_though_nothing_is_taken(inbox, play, connect, monkeypatch):
    monkeypatch.setattr("notifications.client.inbox.READY_MAX", 2)
    first = greeting(inbox)
    storm = [news(inbox) for _ in range(20)]
    client = await connect(await play(scene(*first, *storm, answering([]))))
    await until(lambda: len(client._ready) == 2)
    async with asyncio.timeout(5):
        assert await client.read([1]) == 1


async def test_a_command_is_sent_again_on_the_next_connection(inbox, play, connect):
    heard = []
    server = await play(scene(*greeting(inbox), listening, dropping), scene(answering(heard)))
    client = await connect(server)
    assert await client.read([1]) == 1
    assert [command["ids"] for command in heard] == [[1]]


async def test_a_command_given_before_the_connection_waits_for_it(inbox, play, connect):
    heard = []
    server = await play(scene(*greeting(inbox), answering(heard)), handshakes=[503, 503])
    assert await (await connect(server)).read([1]) == 1


async def test_a_refused_command_says_why(inbox, play, connect):
    async def refuse(socket):
        command = json.loads(await socket.recv())
        error = {"type": "error", "id": command["id"], "code": "permission_denied", "detail": "Not yours."}
        await socket.send(json.dumps(error))

    client = await connect(await play(scene(*greeting(inbox), refuse, news(inbox))))
    with pytest.raises(CommandRefused, match="Not yours") as caught:
        await client.read([1])
    assert caught.value.code == "permission_denied"
    assert await take(client) == [3]


async def test_an_answer_nobody_waits_for_is_passed_over(inbox, play, connect):
    stray = [
        {"type": "ok", "id": "c9", "seq": 1, "changed": 1},
        {"type": "error", "id": None, "code": "x", "detail": "y"},
    ]
    client = await connect(await play(scene(*greeting(inbox), *stray, news(inbox))))
    assert await take(client) == [3]


async def test_a_command_given_up_is_not_sent_again(inbox, play, connect):
    heard = []
    server = await play(scene(*greeting(inbox), listening, 0.5, dropping), scene(answering(heard)))
    client = await connect(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.read([1])
    assert await client.read([2]) == 1
    assert [command["ids"] for command in heard] == [[2]]


async def test_closing_fails_the_commands_that_wait(inbox, play, connect):
    client = await connect(await play(scene(*greeting(inbox))))
    waiting = asyncio.ensure_future(client.read([1]))
    await until(lambda: client.replica.cursor is not None)
    await client.close()
    with pytest.raises(InboxClosed):
        await waiting
    with pytest.raises(InboxClosed):
        await client.read([1])


async def test_a_final_end_fails_the_commands_that_wait(inbox, play, connect):
    client = await connect(await play(scene(*greeting(inbox), listening, closing(4403))))
    with pytest.raises(InboxForbidden):
        await client.read([1])
    with pytest.raises(InboxForbidden):
        await client.read([1])


async def test_commands_keep_the_pace_the_server_allows(inbox, play, connect, monkeypatch):
    monkeypatch.setattr(commands, "BURST", 3)
    monkeypatch.setattr(commands, "PER_SECOND", 20)
    heard = []
    client = await connect(await play(scene(*greeting(inbox), answering(heard))))
    clock = asyncio.get_running_loop().time
    began = clock()
    for _ in range(7):
        await client.read([1])
    assert 0.15 <= clock() - began < 5


async def test_a_slow_taker_holds_back_the_server(inbox, play, connect, monkeypatch):
    monkeypatch.setattr("notifications.client.inbox.READY_MAX", 5)
    first = greeting(inbox)
    storm = [news(inbox) for _ in range(200)]
    client = await connect(await play(scene(*first, *storm)))
    await until(lambda: len(client._ready) >= 5)
    await asyncio.sleep(0.1)
    assert len(client._ready) == 5
    assert await take(client, 200) == list(range(3, 203))


def test_the_pace_stays_below_the_servers():
    from notifications.realtime import pace

    assert commands.BURST < pace.BURST
    assert commands.PER_SECOND <= pace.PER_SECOND
    assert inbox.MARK_IDS_MAX == 500
