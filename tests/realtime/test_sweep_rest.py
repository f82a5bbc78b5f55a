"""The sweep's share of a core, however many users are connected and however often somebody commits."""

from __future__ import annotations

from time import thread_time

import pytest

from notifications.models.inbox import InboxManager
from notifications.realtime.sweep import REST_FACTOR, Sweep
from tests.realtime.acts import send
from tests.realtime.conftest import Connect
from tests.realtime.wire import until

WORK_SECONDS = 0.03


async def test_a_round_that_works_long_is_followed_by_a_longer_rest(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = rests = 0
    look, wait = InboxManager.positions, Sweep._wait

    def work(self: InboxManager, user_ids: list[str]) -> object:
        nonlocal rounds
        rounds += 1
        began = thread_time()
        while thread_time() - began < WORK_SECONDS:
            pass
        return look(self, user_ids)

    async def noted(self: Sweep, seconds: float) -> bool:
        nonlocal rests
        rests += rounds > 0 and seconds >= WORK_SECONDS * REST_FACTOR
        return await wait(self, 0.01)

    monkeypatch.setattr(InboxManager, "positions", work)
    monkeypatch.setattr(Sweep, "_wait", noted)
    await connect()
    await until(lambda: rests >= 1)
    for _ in range(2):
        before = rests
        await send()  # which is news on SQLite
        await until(lambda before=before: rests > before)
