"""What sockets count: openings and ends, frames, snapshots, the way of a change, and what the sweep had to repair."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from weakref import ref

import pytest

from notifications import metrics, notify
from notifications.models.change import Head
from notifications.realtime import repairs
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Session
from notifications.realtime.threads import in_reader
from notifications.wire.codes import Close
from notifications.wire.frames import type_of
from notifications.wire.strict_json import dumps
from tests.counted import counted
from tests.realtime.conftest import Connect, Open
from tests.realtime.wire import Pipe, until

EXAMPLES = [path for path in Path("tests/wire/examples").glob("*.json") if not path.name.startswith("command_")]


class Since:
    """How much a sample has grown since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = name, labels
        self._before = counted(name, **labels)

    def __call__(self) -> float:
        return counted(self._name, **self._labels) - self._before


async def send(user_id: str = "alice") -> None:
    await in_reader(lambda: notify(user_id, title="Hello", identifier="M"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_frame_is_counted_by_its_type(path: Path) -> None:
    frame = json.loads(path.read_text())
    assert type_of(dumps(frame)) == frame["type"]
    assert frame["type"] in metrics.frames_sent


def test_every_close_code_is_counted() -> None:
    assert set(Close) <= set(metrics.sockets_closed)


async def test_open_sockets_and_their_users_are_counted(open_socket: Open) -> None:
    sockets, users = Since("notifications_sockets_open"), Since("notifications_users_connected")
    opened = Since("notifications_sockets_opened_total")
    gone = Since("notifications_sockets_closed_total", code="1006")
    made = [await open_socket() for _ in range(2)]
    assert (sockets(), users(), opened()) == (2, 1, 2)
    for socket in made:
        await socket.hang_up()
    assert (sockets(), users(), opened(), gone()) == (0, 0, 2, 2)


async def test_a_refused_socket_is_counted_with_its_code(open_socket: Open) -> None:
    sockets, refused = Since("notifications_sockets_open"), Since("notifications_sockets_closed_total", code="4401")
    socket = await open_socket(token="ntf_unknown", wait=False)
    assert await socket.ends() == 4401
    await socket.hang_up()
    assert (sockets(), refused()) == (0, 1)


async def test_a_socket_that_we_close_is_counted_once(connect: Connect) -> None:
    ours, theirs = (Since("notifications_sockets_closed_total", code=code) for code in ("4408", "1006"))
    session, wire = await connect()
    await session.close(Close.TOO_SLOW, "too_slow")
    session.lose(1006)  # the client's answer
    assert (ours(), theirs()) == (1, 0)


async def test_frames_snapshots_and_the_way_of_a_change_are_counted(connect: Connect, no_sweep: None) -> None:
    kinds = {kind: Since("notifications_frames_sent_total", type=kind) for kind in ("welcome", "snapshot", "changes")}
    snapshots = Since("notifications_snapshots_total", reason="first")
    ways, seconds = Since("notifications_push_seconds_count"), Since("notifications_push_seconds_sum")
    _, wire = await connect()
    await send()
    await wire.reaches(1)
    await until(lambda: ways() == 1)
    assert {kind: since() for kind, since in kinds.items()} == {"welcome": 1, "snapshot": 1, "changes": 1}
    assert snapshots() == 1
    assert 0 < seconds() < 5


async def test_what_is_pushed_is_counted_for_each_socket_and_timed_once(connect: Connect, no_sweep: None) -> None:
    sent, ways = Since("notifications_frames_sent_total", type="changes"), Since("notifications_push_seconds_count")
    pipe = Pipe()
    for _ in range(3):
        session, _ = await connect(push=pipe)
    pipe.is_open = True
    await send()
    await until(lambda: len(pipe.pushed) == 3)
    assert (sent(), ways()) == (3, 1)
    _bring_hint(session, **{"from": session.head.seq, "to": session.head.seq + 1})
    assert (len(pipe.pushed), sent(), ways()) == (6, 6, 1)


async def test_first_frames_that_are_pushed_together_are_two(connect: Connect, no_sweep: None) -> None:
    sent = [Since("notifications_frames_sent_total", type=kind) for kind in ("welcome", "snapshot")]
    session, _ = await connect(push=Pipe(is_open=True), wait=False)
    await until(lambda: session.is_at_rest)
    assert [since() for since in sent] == [1, 1]


async def test_a_change_that_waits_for_a_slow_reader_is_measured_to_the_end(connect: Connect, no_sweep: None) -> None:
    ways = Since("notifications_push_seconds_count")
    session, wire = await connect()
    wire.open_for_writing.clear()
    await send()
    await until(lambda: wire.waiting)
    await send()
    assert ways() == 0
    wire.open_for_writing.set()
    await wire.reaches(2)
    await until(lambda: ways() == 2)


@pytest.mark.parametrize(("is_lost", "counted_as"), [(True, 1), (False, 0)], ids=["lost", "late"])
async def test_the_sweep_counts_what_no_hint_moved(
    connect: Connect,
    no_hints: list[object],
    monkeypatch: pytest.MonkeyPatch,
    is_lost: bool,
    counted_as: int,
) -> None:
    monkeypatch.setattr(repairs, "GRACE_SECONDS", 0.2)
    found = Since("notifications_sweep_repairs_total", hint="no_layer")
    swept = Since("notifications_sweep_seconds_count")
    session, wire = await connect()
    judged: Callable[[], bool] = lambda: not _sweep()._repairs._found  # noqa: E731
    # A round that began before the socket was there lets it read, and that may bring what is to be found missing.
    for _ in range(2):
        seen_at = _sweep().ran_at
        await until(lambda seen_at=seen_at: _sweep().ran_at > seen_at and session.is_at_rest)
    await send()
    await wire.reaches(1)
    if not is_lost:
        _bring_hint(session)  # after the sweep
    await until(judged)
    assert found() == counted_as
    assert swept() >= 1


def _bring_hint(session: Session, **others: int) -> None:
    """Of the change that brought a socket where it is, or of another one, from another process."""
    head = session.head
    counts = {"unread": head.unread, "unseen": head.unseen, "text": "{}"}
    seqs = {"from": head.seq - 1, "to": head.seq, **others}
    message = {"user_id": session.user_id, "epoch": head.epoch, **seqs, **counts}
    heard = Since("notifications_hints_heard_total")
    get_hub().subscription._hear({"type": "inbox.changed", **message})
    assert heard() == 1


async def test_what_waits_for_a_slow_reader_is_no_repair(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep finds the socket behind after its hint came, while its pump is at work."""
    monkeypatch.setattr(repairs, "GRACE_SECONDS", 0)
    found = Since("notifications_sweep_repairs_total", hint="no_layer")
    _, wire = await connect()
    wire.open_for_writing.clear()
    for _ in range(2):
        swept = Since("notifications_sweep_seconds_count")
        await send()
        await until(lambda: wire.waiting)
        await until(lambda: swept() >= 1)  # noqa: B023 - awaited at once
    wire.open_for_writing.set()
    await wire.reaches(2)
    judged = _sweep().ran_at
    await until(lambda: _sweep().ran_at > judged)
    assert found() == 0


async def test_what_hints_bring_is_no_repair(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairs, "GRACE_SECONDS", 0)
    found = Since("notifications_sweep_repairs_total", hint="no_layer")
    _, wire = await connect()
    for number in range(20):
        await send()
        await wire.reaches(number + 1)
    assert found() == 0


def _sweep():
    return get_hub().sweep


def test_who_has_gone_is_neither_held_nor_counted() -> None:
    """No round of the sweep follows the last socket."""

    class Someone:
        is_at_rest, hinted_at = True, 0.0
        head = Head(user_id="alice", epoch="e", seq=1, unread=0, unseen=0)

    counted_before = Since("notifications_sweep_repairs_total", hint="no_layer")
    seen = repairs.Repairs()
    one = Someone()
    seen.found(one, ("e", 2), 0.0)  # type: ignore[arg-type]
    gone = ref(one)
    del one
    gc.collect()
    assert gone() is None
    seen.judge(100.0)
    assert counted_before() == 0
