"""A connection that begins: welcome, then a snapshot or what its cursor misses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import current_thread
from typing import Any

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from notifications import notify
from notifications.actions.access import Action, Principal
from notifications.actions.sync import Ask
from notifications.models import Inbox
from notifications.realtime import hub, pace, reads
from notifications.realtime.session import Cursor
from notifications.realtime.threads import in_reader
from tests.realtime.acts import Options, head, send, send_at_once
from tests.realtime.conftest import Connect, Open


async def test_welcome_comes_first_and_then_a_snapshot(connect: Connect) -> None:
    await send(times=3)
    _, wire = await connect()
    assert wire.kinds == ["welcome", "snapshot"]
    welcome, snapshot = wire.frames
    assert (welcome["seq"], welcome["unread"], welcome["heartbeat_seconds"]) == (3, 3, 25)
    assert (snapshot["reason"], snapshot["to"], snapshot["more"]) == ("first", 3, False)
    assert [item["seq"] for item in snapshot["items"]] == [3, 2, 1]


async def test_a_stranger_gets_an_empty_inbox(connect: Connect) -> None:
    _, wire = await connect("nobody-knows-me")
    assert wire.frames[1]["items"] == []
    assert wire.frames[0]["seq"] == 0


async def test_a_page_limits_the_snapshot(connect: Connect) -> None:
    await send(times=5)
    _, wire = await connect(page=2)
    assert [item["seq"] for item in wire.frames[1]["items"]] == [5, 4]
    assert wire.frames[1]["more"] is True


async def test_a_cursor_gets_what_changed_after_it(connect: Connect) -> None:
    await send(times=5)
    _, wire = await connect(cursor=Cursor(seq=3, epoch=(await head()).epoch))
    assert wire.kinds == ["welcome", "changes"]
    assert wire.ranges == [(3, 5)]
    assert [item["seq"] for item in wire.frames[1]["items"]] == [4, 5]


async def test_a_cursor_without_an_epoch_is_believed(connect: Connect) -> None:
    await send(times=2)
    _, wire = await connect(cursor=Cursor(seq=1, epoch=None))
    assert wire.ranges == [(1, 2)]


async def test_a_cursor_at_the_head_gets_an_empty_range(connect: Connect) -> None:
    await send(times=2)
    _, wire = await connect(cursor=Cursor(seq=2, epoch=(await head()).epoch))
    assert wire.ranges == [(2, 2)]
    assert wire.frames[1]["items"] == []


async def test_a_cursor_of_another_epoch_gets_a_snapshot(connect: Connect) -> None:
    await send(times=2)
    _, wire = await connect(cursor=Cursor(seq=1, epoch="another"))
    assert wire.frames[1]["reason"] == "epoch"


async def test_a_cursor_from_the_future_voids_the_numbering(connect: Connect) -> None:
    await send(times=2)
    before = await head()
    _, wire = await connect(cursor=Cursor(seq=99, epoch=before.epoch))
    assert wire.frames[1]["reason"] == "regressed"
    assert wire.frames[1]["epoch"] == wire.frames[0]["epoch"] != before.epoch


async def test_a_cursor_of_who_may_only_read_voids_nothing(connect: Connect) -> None:
    await send(times=2)
    before = await head()
    reader = Principal(kind="api_key", name="key:1", rights=frozenset({Action.READ}))
    _, wire = await connect(cursor=Cursor(seq=99, epoch=before.epoch), principal=reader)
    assert (wire.frames[1]["reason"], (await head()).epoch) == ("regressed", before.epoch)


async def test_a_cursor_from_the_future_that_names_no_epoch_voids_nothing(connect: Connect) -> None:
    await send(times=2)
    before = await head()
    _, wire = await connect(cursor=Cursor(seq=99, epoch=None))
    assert wire.frames[1]["reason"] == "regressed"
    assert (await head()).epoch == before.epoch


async def test_a_cursor_below_what_was_purged_gets_a_snapshot(connect: Connect) -> None:
    await send(times=5)
    await in_reader(lambda: Inbox.objects.filter(pk="alice").update(horizon=4))
    _, wire = await connect(cursor=Cursor(seq=3, epoch=None))
    assert wire.frames[1]["reason"] == "too_old"
    _, wire = await connect(cursor=Cursor(seq=4, epoch=None))
    assert wire.ranges == [(4, 5)]


async def test_more_than_five_hundred_missing_changes_are_a_snapshot(connect: Connect) -> None:
    await send_at_once(501)
    _, wire = await connect(cursor=Cursor(seq=0, epoch=None))
    assert (wire.frames[1]["reason"], wire.frames[1]["more"], len(wire.frames[1]["items"])) == ("behind", True, 20)
    _, wire = await connect(cursor=Cursor(seq=1, epoch=None))
    assert wire.ranges == [(1, 501)]


@pytest.mark.parametrize(
    ("query", "user", "number"), [("", "alice", 1), ("since=0", "alice", 1), ("", "a-stranger", 2)]
)
async def test_a_socket_costs_one_statement_and_its_first_visit_another(
    open_socket: Open, options: Options, monkeypatch: pytest.MonkeyPatch, query: str, user: str, number: int
) -> None:
    options(SWEEP_SECONDS=60)
    await send(times=3)
    execute, made = CursorWrapper.execute, []

    def note(cursor: CursorWrapper, sql: str, params: Any = None) -> Any:
        if current_thread().name.startswith("notifications-read") and sql.startswith(("SELECT", "INSERT", "UPDATE")):
            made.append(sql)
        return execute(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", note)
    await open_socket(f"/notifications/ws/{user}", token=user, query=query)
    assert len(made) == number, "\n".join(made)


async def test_what_commits_during_the_first_read_is_not_lost(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = reads.answer
    calls: list[int] = []

    def read_and_then_somebody_writes(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        if not calls:
            notify("alice", title="Meanwhile", identifier="M")
        calls.append(1)
        return found

    monkeypatch.setattr(reads, "answer", read_and_then_somebody_writes)
    _, wire = await connect()
    await wire.reaches(1)
    assert wire.kinds == ["welcome", "snapshot", "changes"]
    assert wire.ranges == [(0, 1)]


async def test_nobody_reads_before_subscribing(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reads.answer
    subscribed: list[bool] = []

    def look(asks: Any, **how: Any) -> Any:
        subscribed.append(any("alice" in each.sessions for each in hub.living_hubs()))
        return read(asks, **how)

    monkeypatch.setattr(reads, "answer", look)
    await connect()
    assert subscribed == [True]


async def test_a_database_that_is_away_closes_a_new_socket_with_4013(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(reads, "answer", fail)
    _, wire = await connect(wait=False)
    assert await wire.ends() == 4013
    assert wire.frames == [
        {"type": "bye", "code": 4013, "reason": "database_unavailable", "retry_after": [0, 5]},
    ]


async def test_who_opens_one_socket_after_another_is_refused_for_a_while(
    open_socket: Open, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    options(MAX_SOCKETS_PER_USER=2)
    monkeypatch.setattr(pace, "OPENINGS_SPARE", 2)
    for _ in range(4):
        await (await open_socket()).hang_up()
    fifth = await open_socket(wait=False)
    assert await fifth.ends() == 4429
    assert fifth.frames == [{"type": "bye", "code": 4429, "reason": "too_many_openings", "retry_after": [5, 15]}]
    await open_socket("/notifications/ws/bob", token="bob")
    now = pace.monotonic()
    monkeypatch.setattr(pace, "monotonic", lambda: now + pace.OPENINGS_SECONDS + 1)
    await open_socket()


@pytest.mark.parametrize(("since", "most"), [(None, reads.SIZE), (0, reads.SIZE // reads.CHANGES_WEIGHT)])
async def test_what_may_bring_many_rows_is_read_for_fewer_at_a_time(
    monkeypatch: pytest.MonkeyPatch, since: int | None, most: int
) -> None:
    turns: list[int] = []

    def read(asks: Sequence[Ask]) -> list[Ask]:
        turns.append(len(asks))
        return list(asks)

    monkeypatch.setattr(reads, "_read", read)
    asks = [Ask(f"u{number}", since) for number in range(3 * reads.SIZE)]
    together = reads.Reads()
    assert await asyncio.gather(*map(together.answer, asks)) == asks
    assert max(turns) == most
