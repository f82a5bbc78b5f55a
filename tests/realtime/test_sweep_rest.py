"""The sweep's share of a core, however many users are connected and however often somebody commits."""

from __future__ import annotations

from time import thread_time

import pytest

from notifications.models.inbox import InboxManager
from notifications.ops.health import STALLED_SECONDS, _sweep_age_seconds
from notifications.realtime.hub import Hub, get_hub
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


async def test_the_first_socket_after_a_long_silence_finds_no_sweep_that_stands_still(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads ask at any moment whether it does (``/readyz``)."""
    get_hub().sweep.ran_at -= 1000
    seen: list[float | None] = []
    crowd = Hub.crowd

    def asked(self: Hub, user_id: str) -> int:
        seen.append(_sweep_age_seconds())
        return crowd(self, user_id)

    monkeypatch.setattr(Hub, "crowd", asked)
    await connect()
    assert seen
    assert max(age or 0 for age in seen) < STALLED_SECONDS
