"""What sockets have to read, read together: those that come while a reader works share its next turn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db import Error as DatabaseError

from notifications import metrics
from notifications.actions.sparing import is_held
from notifications.actions.sync import Ask, answer
from notifications.models.change import Changes, Snapshot
from notifications.wire import frames

from .threads import in_reader
from .turns import Turns

AT_ONCE = 2
"""Turns: one that waits for the database keeps no other from it, and many small ones cost more than a large one."""
SIZE = 64
"""Snapshots of one turn."""
CHANGES_WEIGHT = 8
"""Of an ask for changes, which may bring twenty-five times the rows: all of a turn are in memory at once."""

Outcome = frames.Range | Exception


class Reads(Turns[Ask, frames.Range]):
    """Of one event loop. A frame that several devices of a user ask for is read and encoded once."""

    def __init__(self) -> None:
        super().__init__(partial(in_reader, _read), size=SIZE, at_once=AT_ONCE, weigh=_weight)


def _weight(ask: Ask) -> int:
    return 1 if ask.since is None else CHANGES_WEIGHT


def _read(asks: Sequence[Ask]) -> Sequence[Outcome]:
    """Runs in a reader thread. What one of them cannot have, the others can all the same."""
    try:
        return _encoded(asks)
    except Exception as problem:
        if isinstance(problem, DatabaseError) and not is_held(problem):
            raise
        return [problem] if len(asks) == 1 else [each for ask in asks for each in _read([ask])]


def _encoded(asks: Sequence[Ask]) -> list[frames.Range]:
    # Nobody waits long for an inbox that somebody holds, not even its own devices: two of them would fill both turns.
    # What it cannot take in now, the hub takes in when it is free.
    found = answer(asks, is_patient=False)
    if far := [place for place, each in enumerate(found) if isinstance(each, Changes) and each.more]:
        instead = answer([asks[place].snapshot("behind") for place in far], is_patient=False)
        for place, each in zip(far, instead, strict=True):
            found[place] = each
    return [_encode(each) for each in found]


def _encode(found: Changes | Snapshot) -> frames.Range:
    if isinstance(found, Changes):
        return frames.of_changes(found)
    metrics.snapshots[found.reason].inc()
    return frames.of_snapshot(found)
