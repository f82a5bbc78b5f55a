"""What a listener does, and what its server tells."""

import asyncio

from .scripted_server import welcome

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
