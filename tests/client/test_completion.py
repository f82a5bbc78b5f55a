"""After a long absence: what a snapshot leaves out is asked for over REST, or said to be missed."""

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from notifications.client import completion

from .acts import greeting, news, take
from .scripted_server import dropping, scene, welcome
from .simulated_inbox import SimulatedInbox


def listing(inbox, *, page=100):
    """REST: the unread ones, newest first, in pages."""

    def answer(request):
        cursor = parse_qs(urlsplit(request.path).query).get("cursor", [None])[0]
        rows = sorted(inbox.unread, key=lambda row: -row["id"])
        rows = [row for row in rows if cursor is None or row["id"] < int(cursor)]
        more = len(rows) > page
        following = f"http://elsewhere.example/notifications/123?cursor={rows[page - 1]['id']}" if more else None
        return 200, {"next": following, "previous": None, "results": rows[:page]}

    return answer


@pytest.fixture
def absence(inbox, play):
    """A device that sees 1 and 2, goes away while 3 to 8 come, and gets a snapshot of the newest two."""

    async def absence(rest, **options):
        first = scene(*greeting(inbox), dropping)
        for _ in range(6):
            inbox.create()
        behind = scene(welcome(inbox), inbox.snapshot("behind", limit=2), news(inbox))
        return await play(first, behind, rest=rest, **options)

    return absence


async def test_what_the_snapshot_leaves_out_is_fetched_and_comes_first(inbox, absence, connect):
    server = await absence(listing(inbox))
    client = await connect(server)
    assert await take(client, 7) == [3, 4, 5, 6, 7, 8, 9]
    assert client.missed == 0


async def test_it_is_fetched_page_by_page_down_to_what_is_known(inbox, absence, connect):
    server = await absence(listing(inbox, page=2))
    await take(await connect(server), 7)
    queries = [parse_qs(urlsplit(request.path).query) for request in server.rest_requests]
    # 9 arrives meanwhile: 9 8, 7 6, 5 4, 3 2
    assert [query.get("cursor") for query in queries] == [None, ["8"], ["6"], ["4"]]
    assert all(query["status"] == ["unread"] and query["limit"] == ["100"] for query in queries)


async def test_the_credential_goes_to_the_address_that_was_given(inbox, absence, connect):
    server = await absence(listing(inbox, page=3))
    await take(await connect(server, "ntf_secret"), 7)
    assert {request.headers["Authorization"] for request in server.rest_requests} == {"Bearer ntf_secret"}
    assert {urlsplit(request.path).path for request in server.rest_requests} == {"/notifications/123"}


@pytest.mark.parametrize("status", [403, 404, 302])
async def test_when_rest_refuses_the_client_says_that_some_were_missed(inbox, absence, connect, status):
    client = await connect(await absence(lambda request: (status, "http://127.0.0.1:1/")))
    assert await take(client, 3) == [7, 8, 9]
    assert client.missed == 1


@pytest.mark.parametrize("body", ["text", {"results": None}, [], {"results": [{}], "next": None}])
async def test_when_rest_answers_what_is_no_list_some_were_missed(inbox, absence, connect, body):
    client = await connect(await absence(lambda request: (200, body)))
    assert await take(client, 3) == [7, 8, 9]
    assert client.missed == 1


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_when_rest_is_away_the_client_comes_back_with_its_old_cursor(inbox, absence, connect, status):
    def first_refuse(request):
        return listing(inbox)(request) if len(server.rest_requests) > 1 else (status, {})

    server = await absence(first_refuse)
    client = await connect(server)
    assert await take(client, 7) == [3, 4, 5, 6, 7, 8, 9]
    assert [query.get("since") for query in server.queries] == [None, "2", "2"]
    assert client.missed == 0


async def test_of_too_many_the_newest_are_yielded_and_the_rest_said_to_be_missed(inbox, absence, connect, monkeypatch):
    monkeypatch.setattr(completion, "MOST", 4)
    client = await connect(await absence(listing(inbox, page=2)))
    assert await take(client, 4) == [6, 7, 8, 9]
    assert client.missed == 1


async def test_a_wait_given_up_during_the_fetch_loses_nothing(inbox, absence, connect, monkeypatch):
    fetch = completion.Inbox.unread_down_to

    async def slowly(self, is_wanted):
        await asyncio.sleep(0.5)
        return await fetch(self, is_wanted)

    monkeypatch.setattr(completion.Inbox, "unread_down_to", slowly)
    client = await connect(await absence(listing(inbox)))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(client)
    assert await take(client, 7) == [3, 4, 5, 6, 7, 8, 9]


async def test_a_snapshot_that_reaches_what_is_known_asks_rest_for_nothing(inbox, play, connect):
    first = scene(*greeting(inbox), dropping)
    inbox.create()
    server = await play(first, scene(welcome(inbox), inbox.snapshot("too_old"), news(inbox)))
    assert await take(await connect(server), 2) == [3, 4]
    assert server.rest_requests == []


async def test_a_database_that_begins_again_is_followed(play, connect, inbox):
    reset = SimulatedInbox(epoch="e2")
    reset.seq = 10
    reset.create()
    first = scene(*greeting(inbox), dropping)
    server = await play(first, scene(welcome(reset), reset.snapshot("epoch"), news(reset)))
    assert await take(await connect(server), 2) == [1, 2]


async def test_rest_may_have_an_address_of_its_own(inbox, absence, connect, play):
    other = await play(scene(*greeting(inbox)), rest=listing(inbox))
    client = await connect(await absence(None), rest_url=f"{other.url}/below/")
    assert await take(client, 7) == [3, 4, 5, 6, 7, 8, 9]
    assert urlsplit(other.rest_requests[0].path).path == "/below/notifications/123"
