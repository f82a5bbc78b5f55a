"""Servers that crash, servers that are told to stop, and devices that come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from urllib.request import urlopen

import pytest

from notifications.client import Replica
from tests.device import device
from tests.service import Service

PATH = "/notifications/ws/123"
WRITE = "[notify(123, title=f'Number {n}', identifier='MESSAGE').pk for n in range(start, stop)]"


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_a_crash_loses_nothing_and_repeats_nothing(service: Service, kind: str) -> None:
    with service.outsider() as outsider:
        with service.server(kind) as server:
            async with device(f"ws://{server.address}{PATH}") as phone:
                await phone.frame("snapshot")
                await outsider.run(WRITE, start=1, stop=21)
                await phone.reaches(20)
                writing = outsider.run(WRITE, start=21, stop=61)  # while it dies
                server.kill()
                await writing
                assert await phone.ends() == 1006
        await outsider.run("mark('123', 'read', ids=[1, 2, 30]).changed")
        with service.server(kind) as server:
            async with device(f"ws://{server.address}{PATH}", replica=phone.replica) as again:
                await again.reaches(63)
                await outsider.run(WRITE, start=61, stop=63)
                await again.reaches(65)
    assert again.frames[1]["type"] == "changes"
    told = phone.titles + again.titles
    # Number 30 was read elsewhere: if it was not announced before the crash, it is not any more.
    assert told in ([f"Number {n}" for n in range(1, 63)], [f"Number {n}" for n in range(1, 63) if n != 30])
    assert again.replica.unread == 59 == sum(not item["is_read"] for item in again.replica.items.values())


GOODBYE = {"type": "bye", "code": 4012, "reason": "restart", "retry_after": [0, 5]}


async def test_runserver_says_goodbye_to_its_sockets(service: Service) -> None:
    with service.server("daphne") as server:
        async with (
            device(f"ws://{server.address}{PATH}") as phone,
            device(f"ws://{server.address}{PATH}") as laptop,
        ):
            for each in (phone, laptop):
                await each.frame("snapshot")
            # At once after a request: Daphne 4.2.3 alone fails to stop in order while it remembers one.
            await asyncio.to_thread(urlopen, f"http://{server.address}/healthz")
            server.terminate()
            for each in (phone, laptop):
                assert await each.ends() == 4012
                assert each.frames[-1] == GOODBYE
        assert server.process.wait(timeout=10) is not None


async def test_plain_uvicorn_closes_with_its_own_code_and_devices_come_back(service: Service) -> None:
    """``manage.py serve`` says goodbye; Uvicorn alone closes at once with 1012, which is a reason to reconnect too."""
    with service.server("uvicorn") as server:
        async with device(f"ws://{server.address}{PATH}") as phone:
            await phone.frame("snapshot")
            server.terminate()
            assert await phone.ends() == 1012


@pytest.mark.parametrize("kind", ["daphne", "uvicorn"])
async def test_devices_that_vanish_leave_no_traceback(service: Service, kind: str) -> None:
    with service.server(kind) as server, service.outsider() as outsider:
        for _ in range(5):
            async with device(f"ws://{server.address}{PATH}") as phone:
                await phone.frame("snapshot")
                writing = outsider.run(WRITE, start=0, stop=10)
                phone.connection.transport.abort()
                await writing
        async with device(f"ws://{server.address}{PATH}", replica=Replica()) as phone:
            await phone.frame("snapshot", to=50)
    assert "Traceback" not in server.log
    assert "ERROR" not in server.log


CREDENTIALS = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
result = [APIKey.objects.issue("shop", scopes=["read"])[1], client.cookies["sessionid"].value]
"""
REVOKE = """
from django.contrib.auth.models import User
from django.utils import timezone
APIKey.objects.update(revoked_at=timezone.now())
User.objects.update(is_active=False)
"""


async def test_what_ends_without_a_signal_is_cut_on_every_server(new_service: Callable[..., Service]) -> None:
    """A bulk update in another process: nobody hears of it, each server finds it with one check for all its sockets."""
    service = new_service(closed=True)
    with (
        service.outsider() as outsider,
        service.server("serve", REVALIDATE_SECONDS=1) as one,
        service.server("daphne", REVALIDATE_SECONDS=1) as two,
    ):
        key, session = await outsider.run(CREDENTIALS)
        async with AsyncExitStack() as stack:
            devices = [
                await stack.enter_async_context(device(f"ws://{server.address}{PATH}", **how))
                for server in (one, two)
                for how in (
                    {"token": key},
                    {
                        "additional_headers": {"Cookie": f"sessionid={session}"},
                        "origin": f"http://{server.address}",
                    },
                )
            ]
            for each in devices:
                await each.frame("snapshot")
            await outsider.run(REVOKE)
            assert [await each.ends() for each in devices] == [4401] * 4
