"""Many hints travel to Redis together, and each arrives in its group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from channels.layers import InMemoryChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer, RedisSingleShardConnection
from redis.asyncio import from_url
from redis.exceptions import ConnectionError as RedisConnectionError

from notifications.models.change import Change, Head
from notifications.realtime import publisher
from notifications.realtime.groups import group_of
from notifications.realtime.hub import Hint
from notifications.realtime.pipeline import send_to_groups
from tests.chaos.processes import Redis

USERS = [f"u{number}" for number in range(300)]


@pytest_asyncio.fixture
async def redis() -> AsyncIterator[str]:
    """The address of a Redis of our own."""
    server = Redis()
    server.start()
    try:
        async with asyncio.timeout(10):
            while True:
                with suppress(OSError):
                    await server.command("PING")
                    break
                await asyncio.sleep(0.02)
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.kill()


async def listening(layer: Any) -> str:
    channel: str = await layer.new_channel()
    for user_id in USERS:
        await layer.group_add(group_of(user_id), channel)
    return channel


async def heard(layer: Any, channel: str) -> list[str]:
    async with asyncio.timeout(10):
        return [(await layer.receive(channel))["user_id"] for _ in USERS]


async def test_each_message_arrives_in_order_without_a_round_trip_of_its_own(
    redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = RedisPubSubChannelLayer(hosts=[redis])
    channel = await listening(layer)
    monkeypatch.setattr(RedisSingleShardConnection, "publish", None)
    await send_to_groups(layer, [(group_of(user), {"type": "inbox.changed", "user_id": user}) for user in USERS])
    assert await heard(layer, channel) == USERS
    await layer.flush()


async def test_whoever_publishes_opens_no_connection(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each loop that threads make to call the layer would be the obvious way."""
    layer = RedisPubSubChannelLayer(hosts=[redis])
    monkeypatch.setattr(publisher, "shared_layer", lambda: layer)
    monkeypatch.setattr(publisher, "WIDE", 1000)
    channel = await listening(layer)
    made, control = publisher.Publisher(), from_url(redis)

    def publish(user_id: str) -> None:
        head = Head(user_id=user_id, epoch="e", seq=1, unread=0, unseen=0)
        made.publish([Hint(Change(start=0, head=head, rows=None))])

    async def connections() -> int:
        return int((await control.info("stats"))["total_connections_received"])

    await asyncio.to_thread(publish, USERS[0])
    assert (await layer.receive(channel))["user_id"] == USERS[0]
    before = await connections()
    await asyncio.gather(*(asyncio.to_thread(publish, user_id) for user_id in USERS))
    assert sorted(await heard(layer, channel)) == sorted(USERS)
    assert await connections() == before
    await control.aclose()
    await layer.flush()


async def test_a_redis_that_runs_no_scripts_is_told_all_the_same(redis: str) -> None:
    control = from_url(redis)
    await control.execute_command("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", "+@all", "-eval")
    await control.aclose()
    layer = RedisPubSubChannelLayer(hosts=[redis.replace("//", "//plain:secret@")])
    channel = await listening(layer)
    await send_to_groups(layer, [(group_of(user), {"type": "inbox.changed", "user_id": user}) for user in USERS])
    assert await heard(layer, channel) == USERS
    await layer.flush()


async def test_with_two_shards_each_message_takes_the_one_of_its_group(redis: str) -> None:
    layer = RedisPubSubChannelLayer(hosts=[redis, redis.replace("/0", "/1")])
    channel = await listening(layer)
    await send_to_groups(layer, [(group_of(user), {"type": "inbox.changed", "user_id": user}) for user in USERS])
    assert sorted(await heard(layer, channel)) == sorted(USERS)
    await layer.flush()


async def test_any_other_layer_is_told_in_turn() -> None:
    layer = InMemoryChannelLayer(capacity=1000)
    channel = await listening(layer)
    await send_to_groups(layer, [(group_of(user), {"type": "inbox.changed", "user_id": user}) for user in USERS])
    assert await heard(layer, channel) == USERS


async def test_a_redis_that_is_away_is_an_error() -> None:
    layer = RedisPubSubChannelLayer(hosts=["redis://127.0.0.1:1/0"])
    with pytest.raises(RedisConnectionError):
        await send_to_groups(layer, [(group_of(user), {"type": "inbox.changed", "user_id": user}) for user in USERS])
