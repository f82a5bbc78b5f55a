"""Joining and leaving many groups at once: one command to Redis where each would have its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

KEEPS_CONNECTIONS = "channels_redis.pubsub"
"""The layer whose connections are known: one of this loop for each Redis, which can be told of many at once. Its
``flush`` closes them, deaf ones too; that of other layers empties them for all processes."""


async def join_groups(layer: Any, groups: Sequence[str], channel: str, *, seconds: float) -> None:
    """Put the channel into groups; raises TimeoutError when an answer takes longer than ``seconds``."""
    if not keeps_connections(layer):
        await _one_by_one(layer.group_add, groups, channel, seconds)
        return
    of_loop = layer._get_layer()
    if channel not in of_loop.channels:
        raise RuntimeError("The channel is gone.")
    names = [of_loop._get_group_channel_name(group) for group in groups]
    for name in names:
        of_loop.groups.setdefault(name, set()).add(channel)
    for shard, mine in _by_shard(of_loop, names):
        async with asyncio.timeout(seconds), shard._lock:
            if new := [name for name in mine if name not in shard._subscribed_to]:
                shard._ensure_redis()
                shard._ensure_receiver()
                await shard._pubsub.subscribe(*new)
                shard._subscribed_to.update(new)


async def leave_groups(layer: Any, groups: Sequence[str], channel: str, *, seconds: float) -> None:
    """Take it out of groups, where it is in them."""
    if not keeps_connections(layer):
        await _one_by_one(layer.group_discard, groups, channel, seconds)
        return
    of_loop = layer._get_layer()
    empty = []
    for name in map(of_loop._get_group_channel_name, groups):
        members = of_loop.groups.get(name, set())
        members.discard(channel)
        if not members and of_loop.groups.pop(name, None) is not None:
            empty.append(name)
    for shard, mine in _by_shard(of_loop, empty):
        async with asyncio.timeout(seconds), shard._lock:
            if old := [name for name in mine if name in shard._subscribed_to]:
                shard._ensure_redis()
                shard._ensure_receiver()
                await shard._pubsub.unsubscribe(*old)
                shard._subscribed_to.difference_update(old)


def keeps_connections(layer: Any) -> bool:
    return type(layer).__module__ == KEEPS_CONNECTIONS


async def _one_by_one(verb: Any, groups: Sequence[str], channel: str, seconds: float) -> None:
    # In turn: the time that a crowd waits for each other says nothing about the layer.
    for group in groups:
        async with asyncio.timeout(seconds):
            await verb(group, channel)


def _by_shard(of_loop: Any, names: Sequence[str]) -> Iterable[tuple[Any, list[str]]]:
    found: dict[Any, list[str]] = {}
    for name in names:
        found.setdefault(of_loop._get_shard(name), []).append(name)
    return found.items()
