"""Two servers on one SQLite file, sockets on both: whatever any process commits reaches every device."""

from __future__ import annotations

import asyncio
from time import monotonic

from tests.device import Device, device
from tests.service import Outsider, Service

PATH = "/notifications/ws/123"


async def test_what_any_process_commits_reaches_every_device_within_a_second(service: Service) -> None:
    with service.server("daphne") as one, service.server("uvicorn") as two, service.outsider() as outsider:
        async with device(f"ws://{one.address}{PATH}") as phone, device(f"ws://{two.address}{PATH}") as laptop:
            devices = [phone, laptop]
            for each in devices:
                await each.frame("snapshot")
            await _creating_by_an_outsider(outsider, devices)
            await _reading_on_either(devices)
            await _a_burst(outsider, devices)
        assert phone.titles == laptop.titles == sorted(phone.titles, key=lambda title: int(title.split()[-1]))
        for each in devices:
            assert [start for start, _ in each.ranges] == [0, *(to for _, to in each.ranges[:-1])]


async def _creating_by_an_outsider(outsider: Outsider, devices: list[Device]) -> None:
    for number in range(1, 6):
        await outsider.run("notify(123, title=title, identifier='MESSAGE').pk", title=f"Number {number}")
        await _all_reach(devices, seq=number, unread=number)


async def _reading_on_either(devices: list[Device]) -> None:
    ids = sorted(devices[0].replica.items)
    for number, (reader, one) in enumerate(zip(devices * 2, ids, strict=False), 1):
        await reader.ask(type="read", id=number, ids=[one])
        await reader.frame("ok", id=number)
        await _all_reach(devices, seq=5 + number, unread=5 - number)


async def _a_burst(outsider: Outsider, devices: list[Device]) -> None:
    await outsider.run("[notify(123, title=f'Number {n}', identifier='MESSAGE').pk for n in range(6, 106)]")
    await _all_reach(devices, seq=109, unread=101)


async def _all_reach(devices: list[Device], *, seq: int, unread: int) -> None:
    committed = monotonic()
    await asyncio.gather(*(each.reaches(seq) for each in devices))
    assert monotonic() - committed < 1
    for each in devices:
        assert each.replica.unread == unread == sum(not item["is_read"] for item in each.replica.items.values())
