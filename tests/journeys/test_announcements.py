"""Two servers on one database, sockets on both, announcements from a third process."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.device import Device, device
from tests.postgresql import fresh_database
from tests.service import ROOT, Service

USERS = 12
SAY = "announce(title=title, identifier='OPS', include_new=True).pk"
EDIT = "a = Announcement.objects.get(pk=pk); a.title = title; a.save(); result = None"
RETRACT = "retract(Announcement.objects.get(pk=pk))"


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: Any, tmp_path: Path) -> Service:
    if request.param == "sqlite":
        service: Service = request.getfixturevalue("service")
        return service
    made = Service(tmp_path, fresh_database(request.getfixturevalue("postgresql"), "announcements"))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=made.environment(), check=True, timeout=60,
    )  # fmt: skip
    return made


async def test_everybody_connected_anywhere_has_it_within_a_second_and_once(shared: Service) -> None:
    with shared.server("uvicorn") as one, shared.server("uvicorn") as two, shared.outsider() as outsider:
        async with AsyncExitStack() as stack:
            devices: list[Device] = []
            for number in range(USERS):
                for server in (one, two) if number % 3 == 0 else (one,) if number % 3 == 1 else (two,):
                    url = f"ws://{server.address}/notifications/ws/user-{number}"
                    devices.append(await stack.enter_async_context(device(url)))
            for each in devices:
                await each.frame("snapshot")
            pk = await outsider.run(SAY, title="First")
            await _all_show(devices, ["First"], seq=1)
            await outsider.run(EDIT, pk=pk, title="First, better")
            await _all_show(devices, ["First, better"], seq=2)
            await outsider.run(SAY, title="Second")
            await _all_show(devices, ["First, better", "Second"], seq=3)
            await outsider.run(RETRACT, pk=pk)
            await _all_show(devices, ["Second"], seq=4)
            async with device(f"ws://{two.address}/notifications/ws/late") as late:
                await late.frame("snapshot")
                assert [item["title"] for item in late.replica.items.values()] == ["Second"]
        for each in devices:
            assert each.titles == ["First", "Second"]
            assert [start for start, _ in each.ranges] == [0, *(to for _, to in each.ranges[:-1])]
            assert each.replica.unread == 1


async def _all_show(devices: list[Device], titles: list[str], *, seq: int) -> None:
    committed = monotonic()
    await asyncio.gather(*(each.reaches(seq) for each in devices))
    assert monotonic() - committed < 2  # a second, and one for a machine that is busy with other tests
    for each in devices:
        assert sorted(item["title"] for item in each.replica.items.values()) == sorted(titles)
