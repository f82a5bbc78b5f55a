"""Sending to many groups at once: one round trip to Redis where each would have its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .membership import keeps_connections

Message = tuple[str, dict[str, object]]
"""A group, and what to tell it."""


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
            pipeline = shard._redis.pipeline(transaction=False)
            for name, data in some:
                pipeline.publish(name, data)
            await pipeline.execute()
