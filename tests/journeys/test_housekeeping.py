"""Commands of operators in processes of their own, under live sockets: a new epoch, an erasure, a purge."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.device import device
from tests.service import ROOT, Service

PATH = "/notifications/ws/123"
FIRE = "notify(123, title=title, identifier='M').pk"


async def manage(service: Service, *arguments: str) -> str:
    """The output of a command in a process of this service."""

    def run() -> str:
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=service.environment(), capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return await asyncio.to_thread(run)


@pytest.mark.parametrize("whose", [["--all"], ["123"]], ids=["all", "one"])
async def test_after_a_new_epoch_every_device_takes_a_snapshot_and_announces_nothing_twice(
    service: Service, whose: list[str]
) -> None:
    with service.server("uvicorn") as server, service.outsider() as outsider:
        url = f"ws://{server.address}{PATH}"
        async with device(url) as phone:
            async with device(url) as laptop:
                for each in (phone, laptop):
                    await each.frame("snapshot")
                for number in (1, 2):
                    await outsider.run(FIRE, title=f"Number {number}")
                for each in (phone, laptop):
                    await each.reaches(2)
            away, announced = laptop.replica, laptop.announced  # it leaves with its cursor
            await manage(service, "new_epoch", *whose, "--yes")
            snapshot = await phone.frame("snapshot", reason="epoch")
            assert (snapshot["to"], snapshot["unread"], len(snapshot["items"])) == (2, 2, 2)
            await outsider.run(FIRE, title="Number 3")
            await phone.reaches(3)
            async with device(url, replica=away) as back:
                await back.frame("snapshot", reason="epoch")
                await back.reaches(3)
                assert [item["title"] for item in announced] + back.titles == ["Number 1", "Number 2", "Number 3"]
            assert phone.titles == ["Number 1", "Number 2", "Number 3"]
            assert away.cursor == phone.replica.cursor == (snapshot["epoch"], 3)


async def test_an_erased_user_sees_an_empty_inbox_at_once(service: Service) -> None:
    with service.server("uvicorn") as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}{PATH}") as phone:
            await phone.frame("snapshot")
            await outsider.run(FIRE, title="Before")
            await phone.reaches(1)
            assert "1 notifications" in await manage(service, "erase_user", "123", "--yes")
            snapshot = await phone.frame("snapshot", reason="epoch")
            assert (snapshot["to"], snapshot["unread"], snapshot["items"]) == (0, 0, [])
            await outsider.run(FIRE, title="After")
            await phone.until(lambda: phone.titles == ["Before", "After"])
            assert [item["title"] for item in phone.replica.items.values()] == ["After"]
            assert (phone.replica.seq, phone.replica.unread) == (1, 1)


async def test_what_is_purged_disappears_from_every_device(service: Service) -> None:
    age = (
        "from datetime import timedelta\nfrom django.db.models import F, QuerySet\n"
        "Inbox.objects.update(seq=F('seq') + 1)\n"
        "row = Notification.objects.get(title='Old')\n"
        "QuerySet(Notification).filter(pk=row.pk).update(created_at=row.created_at - timedelta(days=100), seq=3)\n"
    )
    with service.server("uvicorn") as server, service.outsider() as outsider:
        async with device(f"ws://{server.address}{PATH}") as phone:
            await phone.frame("snapshot")
            for title in ("Old", "Young"):
                await outsider.run(FIRE, title=title)
            await outsider.run(age)
            await phone.reaches(3)
            await manage(service, "purge_notifications", "--older-than", "90d")
            await phone.reaches(4)
            assert [item["title"] for item in phone.replica.items.values()] == ["Young"]
            assert phone.replica.unread == 1
