"""A socket's id follows its work into tasks and threads, and no further."""

from __future__ import annotations

import pytest

from notifications.realtime import session, sweep
from notifications.realtime.threads import in_reader
from notifications.trace import Trace, current
from tests.realtime.conftest import Connect
from tests.realtime.wire import until


def request_id() -> str | None:
    trace = current.get()
    return trace.request_id if trace else None


async def test_a_reader_thread_works_under_the_id_of_who_asked() -> None:
    token = current.set(Trace("one"))
    assert await in_reader(request_id) == "one"
    current.reset(token)
    assert {await in_reader(request_id) for _ in range(8)} == {None}


async def test_a_pump_works_under_its_sockets_id_whoever_wakes_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    run = session.Session._run

    async def watched(self: session.Session) -> None:
        seen.append(request_id())
        await run(self)

    monkeypatch.setattr(session.Session, "_run", watched)
    token = current.set(Trace("socket"))
    session_, _ = await connect()
    current.set(Trace("writer"))
    session_.read_on()
    await until(lambda: len(seen) == 2)
    current.reset(token)
    assert set(seen) == {"socket"}


async def test_what_the_hub_does_for_all_is_done_under_nobodys_id(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str | None] = []
    monkeypatch.setattr(sweep.Sweep, "_compare", lambda self, heads: seen.append(request_id()))
    token = current.set(Trace("first"))
    await connect()
    current.reset(token)
    await until(lambda: seen)
    assert set(seen) == {None}
