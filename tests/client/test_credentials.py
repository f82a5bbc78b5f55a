"""How the client says who it is, and what it does when that is refused."""

import pytest

from notifications.client import CredentialRefused, InboxClient

from .acts import greeting, news, take
from .scripted_server import bye, closing, scene, welcome


async def test_a_token_travels_as_a_sub_protocol(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server, "ntf_secret"))
    assert server.offers == [["notifications.v1", "bearer.ntf_secret"]]


async def test_without_a_token_only_the_protocol_is_offered(inbox, play, connect):
    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server))
    assert server.offers == [["notifications.v1"]]


async def test_without_a_token_the_first_one_is_asked_for(inbox, play, connect):
    async def renew():
        return "made"

    server = await play(scene(*greeting(inbox), news(inbox)))
    await take(await connect(server, renew_token=renew))
    assert server.offers == [["notifications.v1", "bearer.made"]]


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


async def test_a_credential_that_ended_before_a_server_saw_it_is_renewed_again(inbox, play, connect, monkeypatch):
    """The server was away for longer than the token lived."""
    monkeypatch.setattr("notifications.client.inbox.FRESH_SECONDS", 0)
    tokens = iter(["ended-meanwhile", "good"])

    async def renew():
        return next(tokens)

    server = await play(scene(closing(4401)), scene(closing(4401)), scene(*greeting(inbox), news(inbox)))
    assert await take(await connect(server, "old", renew_token=renew)) == [3]
    assert [offer[1] for offer in server.offers] == ["bearer.old", "bearer.ended-meanwhile", "bearer.good"]
