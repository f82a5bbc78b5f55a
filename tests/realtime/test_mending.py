"""A live socket hears of mended counts: by the hint, or by the sweep when the hint is lost."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.actions.recount import mend
from notifications.models import Inbox
from notifications.models.change import Change
from notifications.realtime.threads import in_reader
from tests.realtime.acts import send
from tests.realtime.conftest import Connect
from tests.realtime.wire import Wire


async def _mend_under(wire: Wire) -> dict[str, Any]:
    await in_reader(lambda: Inbox.objects.filter(pk="alice").update(unread=9, unseen=9))
    await in_reader(mend, "alice")
    await wire.reaches(4)
    assert (wire.replica.unread, wire.replica.unseen, len(wire.replica.items)) == (3, 3, 3)
    return wire.of("changes")[-1]


async def test_a_hint_brings_the_counts_without_a_row(connect: Connect, no_sweep: None) -> None:
    await send(times=3)
    _, wire = await connect()
    frame = await _mend_under(wire)
    assert (frame["from"], frame["to"], frame["items"]) == (3, 4, [])


@pytest.mark.parametrize("then", [0, 2])
async def test_the_sweep_brings_them_when_the_hint_is_lost(connect: Connect, no_hints: list[Change], then: int) -> None:
    await send(times=3)
    _, wire = await connect()
    await _mend_under(wire)
    if then:
        await send(times=then)
        await wire.reaches(4 + then)
        assert wire.replica.unread == 3 + then
