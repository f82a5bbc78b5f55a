"""The client's socket against a server that follows a script."""

import asyncio
import json

import pytest

from notifications.client import (
    ConnectionRefused,
    CredentialRefused,
    InboxClient,
    InboxForbidden,
    ProtocolError,
)

from .scripted_server import bye, closing, dropping, scene, welcome

PATIENCE_SECONDS = 5


async def take(client, count=1):
    async with asyncio.timeout(PATIENCE_SECONDS):
        return [(await anext(client))["id"] for _ in range(count)]


async def until(condition):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():
            await asyncio.sleep(0.005)


def greeting(inbox):
    return welcome(inbox), inbox.snapshot()


def news(inbox):
    """One more notification, and the frame that says so."""
    inbox.create()
    return inbox.changes(inbox.seq - 1)


# Listening ------------------------------------------------------------------------------------------------------


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


async def test_a_token_travels_as_a_sub_protocol(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server, "ntf_secret"))
    assert server.offers == [["notifications.v1", "bearer.ntf_secret"]]


async def test_without_a_token_only_the_protocol_is_offered(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server))
    assert server.offers == [["notifications.v1"]]


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


# Coming back ----------------------------------------------------------------------------------------------------


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


# Ending ---------------------------------------------------------------------------------------------------------


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


async def test_a_refused_credential_ends_the_client(play, connect):
    server = await play(scene(bye(4401, "The user token has expired."), closing(4401)))
    with pytest.raises(CredentialRefused, match="has expired"):
        await take(await connect(server, "old"))


@pytest.mark.parametrize("token", ["", "two words", "line\n", "ntf_é"])
async def test_what_cannot_be_a_credential_ends_the_client_and_is_not_repeated(token):
    async with InboxClient("ws://127.0.0.1:1", 123, token) as client:
        with pytest.raises(CredentialRefused) as caught:
            await take(client)
    assert not token or token not in str(caught.value)


async def test_a_refused_credential_is_renewed_once(inbox, play, connect):
    async def renew():
        return "new"

    server = await play(scene(closing(4401)), scene(*greeting(inbox), news(inbox)))
    assert await take(await connect(server, "old", renew_token=renew)) == [3]
    assert [offer[1] for offer in server.offers] == ["bearer.old", "bearer.new"]


async def test_a_renewed_credential_that_is_refused_ends_the_client(play, connect):
    async def renew():
        return "no-better"

    server = await play(scene(closing(4401)))
    with pytest.raises(CredentialRefused):
        await take(await connect(server, "old", renew_token=renew))
    assert server.visits == 2


async def test_a_credential_that_ends_later_may_be_renewed_again(inbox, play, connect):
    tokens = iter(["second", "third"])

    async def renew():
        return next(tokens)

    welcomed = scene(*greeting(inbox), closing(4401))
    server = await play(welcomed, welcomed, scene(welcome(inbox), news(inbox)))
    assert await take(await connect(server, "first", renew_token=renew)) == [3]
    assert [offer[1] for offer in server.offers] == ["bearer.first", "bearer.second", "bearer.third"]


async def test_without_a_token_the_first_one_is_asked_for(inbox, play, connect):
    async def renew():
        return "made"

    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server, renew_token=renew))
    assert server.offers == [["notifications.v1", "bearer.made"]]


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
