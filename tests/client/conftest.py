"""Clients that do not wait for long, and servers that follow a script."""

from contextlib import AsyncExitStack

import pytest

from notifications.client import InboxClient, endings

from .scripted_server import ScriptedServer
from .simulated_inbox import SimulatedInbox


@pytest.fixture(autouse=True)
def impatience(monkeypatch):
    monkeypatch.setattr(endings, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def inbox():
    """An inbox with two unread notifications, 1 and 2."""
    inbox = SimulatedInbox()
    inbox.create()
    inbox.create()
    return inbox


@pytest.fixture
async def stack():
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def play(stack):
    """Open a server for these scenes."""

    async def play(*scenes, **options):
        return await stack.enter_async_context(ScriptedServer(scenes, **options).open())

    return play


@pytest.fixture
def connect(stack):
    """A client of a server, closed at the end."""

    async def connect(server, *args, user_id=123, **options):
        return await stack.enter_async_context(InboxClient(server.url, user_id, *args, **options))

    return connect
