"""Sending to many groups at once: one command to Redis where each would have its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from .membership import keeps_connections

Message = tuple[str, dict[str, object]]
"""A group, and what to tell it."""

PUBLISH_ALL = "for i = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[i], ARGV[i + 1]) end"
"""Channel and message in turn: a command and its answer take our client 20 us, two more arguments 6."""


async def send_to_groups(layer: Any, messages: Sequence[Message]) -> None:
    """On the connections that the pub/sub layer has in this loop; any other layer, or a single message, as ever."""
    if not keeps_connections(layer) or len(messages) == 1:
        for group, message in messages:
            await layer.group_send(group, message)
        return
    of_loop = layer._get_layer()
    ready: dict[Any, list[tuple[str, bytes]]] = {}
    for group, message in messages:
        name = of_loop._get_group_channel_name(group)
        ready.setdefault(of_loop._get_shard(name), []).append((name, layer.serialize(message)))
    for shard, some in ready.items():
        async with shard._lock:
            shard._ensure_redis()
            await _publish(shard._redis, some)


async def _publish(redis: Any, messages: Sequence[tuple[str, bytes]]) -> None:
    try:
        await redis.eval(PUBLISH_ALL, 0, *(part for message in messages for part in message))
    except ResponseError:  # it lets nobody run scripts; what was published twice is heard once
        pipeline = redis.pipeline(transaction=False)
        for name, data in messages:
            pipeline.publish(name, data)
        await pipeline.execute()
