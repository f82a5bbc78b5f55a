"""One connection: frames chain whatever happens to the hints, and a reader that is behind waits in the database."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError

from notifications import notify
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.models import Change, Inbox
from notifications.realtime import hub, session
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Cursor
from notifications.realtime.threads import in_reader
from notifications.wire import frames
from notifications.wire.frames import Range
from tests.realtime.conftest import Connect
from tests.realtime.wire import until

Options = Callable[..., None]


async def send(number: int = 1, user_id: str = "alice", **fields: Any) -> None:
    """Commit so many notifications one by one, on another thread."""

    def work() -> None:
        for _ in range(number):
            notify(user_id, **{"title": "Hello", "identifier": "MESSAGE", **fields})

    await in_reader(work)


async def send_at_once(number: int, **fields: Any) -> None:
    await in_reader(create_batch, [{"user_id": "alice", "title": "Hello", "identifier": "M", **fields}] * number)


async def head() -> Any:
    return await in_reader(Inbox.objects.head, "alice")


def no_reading(patch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the database was read")

    patch.setattr(session, "changes_since", refuse)
    patch.setattr(session, "snapshot", refuse)


# Opening ------------------------------------------------------------------------------------------------------------


async def test_welcome_comes_first_and_then_a_snapshot(connect: Connect) -> None:
    await send(3)
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
    await send(5)
    _, wire = await connect(page=2)
    assert [item["seq"] for item in wire.frames[1]["items"]] == [5, 4]
    assert wire.frames[1]["more"] is True


async def test_a_cursor_gets_what_changed_after_it(connect: Connect) -> None:
    await send(5)
    _, wire = await connect(cursor=Cursor(seq=3, epoch=(await head()).epoch))
    assert wire.kinds == ["welcome", "changes"]
    assert wire.ranges == [(3, 5)]
    assert [item["seq"] for item in wire.frames[1]["items"]] == [4, 5]


async def test_a_cursor_without_an_epoch_is_believed(connect: Connect) -> None:
    await send(2)
    _, wire = await connect(cursor=Cursor(seq=1, epoch=None))
    assert wire.ranges == [(1, 2)]


async def test_a_cursor_at_the_head_gets_an_empty_range(connect: Connect) -> None:
    await send(2)
    _, wire = await connect(cursor=Cursor(seq=2, epoch=(await head()).epoch))
    assert wire.ranges == [(2, 2)]
    assert wire.frames[1]["items"] == []


async def test_a_cursor_of_another_epoch_gets_a_snapshot(connect: Connect) -> None:
    await send(2)
    _, wire = await connect(cursor=Cursor(seq=1, epoch="another"))
    assert wire.frames[1]["reason"] == "epoch"


async def test_a_cursor_from_the_future_voids_the_numbering(connect: Connect) -> None:
    await send(2)
    before = await head()
    _, wire = await connect(cursor=Cursor(seq=99, epoch=before.epoch))
    assert wire.frames[1]["reason"] == "regressed"
    assert wire.frames[1]["epoch"] == wire.frames[0]["epoch"] != before.epoch


async def test_a_cursor_from_the_future_that_names_no_epoch_voids_nothing(connect: Connect) -> None:
    await send(2)
    before = await head()
    _, wire = await connect(cursor=Cursor(seq=99, epoch=None))
    assert wire.frames[1]["reason"] == "regressed"
    assert (await head()).epoch == before.epoch


async def test_a_cursor_below_what_was_purged_gets_a_snapshot(connect: Connect) -> None:
    await send(5)
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


async def test_what_commits_during_the_first_read_is_not_lost(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = session.snapshot
    calls: list[int] = []

    def read_and_then_somebody_writes(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        if not calls:
            notify("alice", title="Meanwhile", identifier="M")
        calls.append(1)
        return found

    monkeypatch.setattr(session, "snapshot", read_and_then_somebody_writes)
    _, wire = await connect()
    await wire.reaches(1)
    assert wire.kinds == ["welcome", "snapshot", "changes"]
    assert wire.ranges == [(0, 1)]


async def test_nobody_reads_before_subscribing(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    read = session.snapshot
    subscribed: list[bool] = []

    def look(user_id: str, *args: Any, **kwargs: Any) -> Any:
        subscribed.append(any("alice" in each.sessions for each in hub.living_hubs()))
        return read(user_id, *args, **kwargs)

    monkeypatch.setattr(session, "snapshot", look)
    await connect()
    assert subscribed == [True]


async def test_a_database_that_is_away_closes_a_new_socket_with_4013(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(session, "snapshot", fail)
    _, wire = await connect(wait=False)
    assert await wire.ends() == 4013
    assert wire.frames == [
        {"type": "bye", "code": 4013, "reason": "database_unavailable", "retry_after": [0, 5]},
    ]


# Live ---------------------------------------------------------------------------------------------------------------


async def test_a_change_is_passed_on_without_a_look_at_the_database(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, wire = await connect()
    no_reading(monkeypatch)
    for seq in range(1, 4):
        await send()
        await wire.reaches(seq)
    assert wire.ranges == [(0, 1), (1, 2), (2, 3)]
    assert wire.frames[-1]["unread"] == 3


async def test_a_change_is_encoded_once_for_all_sockets(
    connect: Connect, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    wires = [(await connect())[1] for _ in range(5)]
    made: list[Change] = []
    encode = frames.of_change

    def count(change: Change) -> Range | None:
        made.append(change)
        return encode(change)

    monkeypatch.setattr(frames, "of_change", count)
    await send()
    for wire in wires:
        await wire.reaches(1)
    assert len(made) == 1


async def test_a_verb_over_many_rows_is_read(connect: Connect, no_sweep: None) -> None:
    await send_at_once(150)
    _, wire = await connect()
    marked = await in_reader(mark, "alice", "read")
    await wire.reaches(marked.head.seq)
    assert wire.ranges == [(150, 300)]
    assert len(wire.frames[-1]["items"]) == 150
    assert (wire.replica.unread, wire.replica.unseen) == (0, 0)


@pytest.mark.parametrize("seed", range(12))
async def test_hints_may_come_late_twice_out_of_order_or_not_at_all(
    connect: Connect, no_sweep: None, no_hints: list[Change], seed: int
) -> None:
    dice = random.Random(seed)
    _, wire = await connect()
    await send(3)
    await in_reader(mark, "alice", "read")
    await send(3)
    hints = [hub.Hint(change) for change in no_hints]
    arriving = [*dice.sample(hints, dice.randint(1, len(hints) - 1)), *dice.choices(hints, k=3), hints[-1]]
    dice.shuffle(arriving)
    for hint in arriving:
        get_hub().hear(hint)
        if dice.random() < 0.5:
            await asyncio.sleep(0)
    await wire.reaches(9)
    assert [start for start, _ in wire.ranges] == [0, *(to for _, to in wire.ranges[:-1])]
    assert wire.replica.unread == 3


async def test_hints_of_the_past_are_dropped(connect: Connect, no_sweep: None, no_hints: list[Change]) -> None:
    await send(3)
    _, wire = await connect()
    for change in no_hints:
        get_hub().hear(hub.Hint(change))
    await send()
    get_hub().hear(hub.Hint(no_hints[-1]))
    await wire.reaches(4)
    assert wire.ranges == [(3, 4)]


async def test_a_lost_hint_costs_only_time(connect: Connect, no_hints: list[Change]) -> None:
    _, wire = await connect()
    await send(2)
    await wire.reaches(2)
    assert wire.ranges[-1][1] == 2


async def test_a_socket_that_opens_while_the_sweep_is_under_way_is_not_forgotten(
    connect: Connect, no_hints: list[Change]
) -> None:
    """A round of the sweep uses up SQLite's news; who joined after it took its list was not looked at."""
    session, wire = await connect()
    get_hub().sweep.run = None  # type: ignore[method-assign,assignment]
    for task in get_hub()._tasks:
        task.cancel()
    await send()
    get_hub().sweep._compare({})
    await wire.reaches(1)


async def test_another_epoch_is_noticed_while_connected(connect: Connect) -> None:
    await send(3)
    _, wire = await connect()
    before = wire.replica.epoch
    await in_reader(Inbox.objects.renew_epoch, "alice", old=before)
    await until(lambda: wire.replica.epoch != before)
    assert wire.frames[-1]["reason"] == "epoch"


async def test_an_erased_inbox_starts_again(connect: Connect) -> None:
    await send(3)
    _, wire = await connect()
    await in_reader(lambda: Inbox.objects.filter(pk="alice").delete())
    await until(lambda: wire.replica.seq == 0)
    assert wire.frames[-1]["reason"] == "epoch"


async def test_a_burst_becomes_a_few_frames(connect: Connect, no_sweep: None) -> None:
    _, wire = await connect()
    wire.open_for_writing.clear()
    await send(30)
    wire.open_for_writing.set()
    await wire.reaches(30)
    assert len(wire.ranges) <= 3


async def test_a_frame_ends_at_a_quarter_of_a_mebibyte(connect: Connect) -> None:
    await send_at_once(300, description="x" * 3000)
    _, wire = await connect(cursor=Cursor(seq=0, epoch=None))
    await wire.reaches(300)
    assert len(wire.ranges) >= 4
    assert [start for start, _ in wire.ranges] == [0, *(to for _, to in wire.ranges[:-1])]
    sizes = [len(frames.dumps(frame)) for frame in wire.of("changes")]
    assert max(sizes) < 260 * 1024
    assert [frame["more"] for frame in wire.of("changes")] == [True] * (len(sizes) - 1) + [False]
    assert len(wire.replica.items) == 300


async def test_a_large_change_is_cut_too(connect: Connect, no_sweep: None) -> None:
    _, wire = await connect()
    await send_at_once(100, description="ä" * 2000)
    await wire.reaches(100)
    assert len(wire.ranges) == 2


async def test_a_fault_of_the_database_costs_no_socket(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    _, wire = await connect()
    read, faults = session.changes_since, [OperationalError("away")] * 3

    def fail_first(*args: Any, **kwargs: Any) -> Any:
        if faults:
            raise faults.pop()
        return read(*args, **kwargs)

    monkeypatch.setattr(session, "changes_since", fail_first)
    monkeypatch.setattr(frames, "of_change", lambda change: None)
    await send()
    await wire.reaches(1)
    assert not faults
    assert wire.code is None


async def test_what_was_asked_before_a_fault_of_the_database_is_answered_after_it(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    await send(3)
    session_, wire = await connect()
    read, faults = session.changes_since, [OperationalError("away")] * 2

    def fail_first(*args: Any, **kwargs: Any) -> Any:
        if faults:
            raise faults.pop()
        return read(*args, **kwargs)

    monkeypatch.setattr(session, "changes_since", fail_first)
    session_.sync(Cursor(seq=1, epoch=None))
    await until(lambda: wire.ranges)
    assert wire.ranges == [(1, 3)]


async def test_sync_goes_back(connect: Connect) -> None:
    await send(3)
    session_, wire = await connect()
    session_.sync(Cursor(seq=0, epoch=None))
    await until(lambda: wire.ranges)
    await send()
    await wire.reaches(4)
    assert wire.ranges == [(0, 3), (3, 4)]


async def test_sync_of_a_device_that_is_up_to_date_is_answered(connect: Connect) -> None:
    await send(3)
    session_, wire = await connect()
    session_.sync(Cursor(seq=3, epoch=None))
    await until(lambda: wire.ranges)
    assert wire.ranges == [(3, 3)]


# Readers that are behind ----------------------------------------------------------------------------------------------


async def test_a_send_that_never_returns_is_4408(connect: Connect, options: Options) -> None:
    _, wire = await connect()
    options(SEND_TIMEOUT_SECONDS=0.1)
    wire.open_for_writing.clear()
    await send()
    await until(lambda: wire.waiting)
    wire_code = asyncio.create_task(wire.ends())
    await asyncio.sleep(0.15)
    wire.open_for_writing.set()
    assert await wire_code == 4408
    assert wire.of("bye") == [{"type": "bye", "code": 4408, "reason": "too_slow"}]


async def test_a_socket_that_takes_not_even_the_goodbye_is_cut(
    connect: Connect, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn's send waits for ever on a reader that stopped: without cutting, the socket would stay and count."""
    monkeypatch.setattr(session, "GOODBYE_SECONDS", 0.05)
    cut: list[bool] = []
    _, wire = await connect(abort=lambda: cut.append(True))
    options(SEND_TIMEOUT_SECONDS=0.1)
    wire.open_for_writing.clear()
    await send()
    await until(lambda: cut)


async def test_a_full_buffer_is_sent_nothing(connect: Connect, no_sweep: None) -> None:
    session_, wire = await connect()
    wire.is_full = True
    sent = len(wire.frames)
    await send(50)
    await asyncio.sleep(0.1)  # nothing is to happen: there is no condition to wait for
    assert len(wire.frames) == sent
    assert wire.code is None
    assert session_._pump is None
    wire.is_full = False
    await wire.reaches(50)
    assert wire.ranges == [(0, 50)]


async def test_a_buffer_that_fills_on_the_way_stops_the_pump(connect: Connect) -> None:
    await send_at_once(300, description="x" * 3000)  # several frames
    _, wire = await connect(cursor=Cursor(seq=299, epoch=None))
    send_on = wire.send

    async def fill(message: dict[str, Any]) -> None:
        await send_on(message)
        wire.is_full = True

    session_, _ = next((each, None) for each in get_hub().all())
    session_._send_message = fill
    session_.sync(Cursor(seq=0, epoch=None))
    await until(lambda: len(wire.ranges) == 2)
    await until(lambda: session_._pump is None)
    await asyncio.sleep(0.1)  # nothing is to happen
    assert len(wire.ranges) == 2
    assert wire.of("changes")[-1]["more"] is True


async def test_a_buffer_that_stays_full_is_4408(connect: Connect, options: Options) -> None:
    options(SEND_TIMEOUT_SECONDS=0.1)
    _, wire = await connect()
    wire.is_full = True
    await send()
    assert await wire.ends() == 4408


async def test_a_buffer_that_drains_in_time_is_not(
    connect: Connect, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "TICK_SECONDS", 3600)
    options(SEND_TIMEOUT_SECONDS=30)
    session_, wire = await connect()
    for now, is_full in ((100, True), (129, True), (130, False), (131, True), (160, True)):
        wire.is_full = is_full
        session_.tick(now)
    assert wire.code is None
    session_.tick(162)
    assert await wire.ends() == 4408


async def test_a_stuck_reader_does_not_delay_the_others(connect: Connect, no_sweep: None) -> None:
    _, stuck = await connect()
    _, other = await connect()
    stuck.open_for_writing.clear()
    await send(5)
    await other.reaches(5)
    assert stuck.replica.seq == 0
    stuck.open_for_writing.set()
    await stuck.reaches(5)


async def test_an_acknowledging_client_has_a_window(connect: Connect) -> None:
    session_, wire = await connect(acknowledges=True)
    sent = 0
    while not session_.is_full:
        sent += 20
        await send_at_once(20, description="x" * 4000)
        await until(lambda: session_.is_full or wire.replica.seq == sent)  # noqa: B023 - awaited at once
    held = wire.replica.seq
    await send_at_once(20)
    await asyncio.sleep(0.1)  # nothing is to happen
    assert wire.replica.seq == held
    session_.acknowledge(held)
    await wire.reaches(sent + 20)
    assert 512 * 1024 < sum(len(frames.dumps(frame)) for frame in wire.of("changes")) < 1024 * 1024


async def test_a_client_that_stops_acknowledging_is_4408(connect: Connect, options: Options) -> None:
    options(SEND_TIMEOUT_SECONDS=0.1)
    session_, wire = await connect(acknowledges=True)
    await send_at_once(150, description="x" * 4000)
    assert await wire.ends() == 4408
    assert session_.is_full


async def test_an_acknowledgement_after_a_restored_backup_counts(connect: Connect) -> None:
    """The numbers have gone back, so what was sent before the snapshot is acknowledged with it."""
    await send_at_once(60, description="x" * 3000)
    session_, wire = await connect(acknowledges=True)
    before = wire.replica.epoch

    def restore() -> None:
        from notifications.models import Notification

        Notification.objects.all()._raw_delete("default")  # type: ignore[attr-defined]
        Inbox.objects.filter(pk="alice").update(seq=0, unread=0, unseen=0, epoch="restored")

    await in_reader(restore)
    await until(lambda: wire.replica.epoch != before)
    session_.acknowledge(wire.replica.seq)
    assert session_._unacknowledged_bytes == 0


# Silence and goodbyes -------------------------------------------------------------------------------------------------


async def test_silence_is_broken_by_heartbeats(connect: Connect, options: Options) -> None:
    options(HEARTBEAT_SECONDS=0.1)
    await send(2)
    _, wire = await connect()
    await until(lambda: len(wire.of("heartbeat")) >= 2)
    assert wire.of("heartbeat")[0] == {"type": "heartbeat", "seq": 2, "unread": 2, "unseen": 2}


async def test_a_draining_hub_says_when_to_come_back(connect: Connect) -> None:
    _, wire = await connect()
    await get_hub().drain()
    assert wire.code == 4012
    assert wire.frames[-1] == {"type": "bye", "code": 4012, "reason": "restart", "retry_after": [0, 15]}


async def test_a_closed_session_says_nothing_more(connect: Connect) -> None:
    session_, wire = await connect()
    await get_hub().drain()
    said = len(wire.frames)
    await send(2)
    session_.read_on()
    await session_.say("{}")
    await asyncio.sleep(0.1)  # nothing is to happen
    assert len(wire.frames) == said


async def test_a_socket_that_went_away_while_it_was_sent_to_is_no_fault(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    session_, wire = await connect()

    async def gone(message: dict[str, Any]) -> None:
        raise OSError("connection lost")

    session_._send_message = gone
    await send()
    await until(lambda: session_.closed is not None)
    assert not [record for record in caplog.records if record.exc_info and record.levelname != "DEBUG"]


async def test_a_hub_without_sockets_rests(connect: Connect) -> None:
    session_, _ = await connect()
    here = get_hub()
    assert here._tasks
    session_.leave()
    here.leave(session_)
    here.leave(session_)
    assert (here._tasks, here.count, here.sessions) == ([], 0, {})
    assert here not in hub.living_hubs()


def test_an_offer_of_another_epoch_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of two epochs cannot be compared."""
    from notifications.models.change import Head

    asked: list[bool] = []
    one = object.__new__(session.Session)
    one.head = Head(user_id="alice", epoch="one", seq=5, unread=0, unseen=0)
    monkeypatch.setattr(session.Session, "read_on", lambda self: asked.append(True))
    session.Session.offer(one, Range(head=replace(one.head, epoch="two"), start=1, to=2, text="{}"))
    assert asked == [True]
