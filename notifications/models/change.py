"""The values that travel: where an inbox stands, what one verb did to it, and what a device needs to follow.

Tuples with names: some are made for every notification, and a frozen dataclass takes twice as long to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .notification import Notification
    from .page import Row


class Head(NamedTuple):
    """Where an inbox stands: the counts are exact at ``seq``.

    ``is_behind``: there are announcements it has not taken in yet.
    """

    user_id: str
    epoch: str
    seq: int
    unread: int
    unseen: int
    is_behind: bool = False


class Change(NamedTuple):
    """Takes an inbox from seq ``start`` to ``head.seq``.

    ``rows`` are the changed notifications by seq; ``None`` when there are too many to carry, and devices read them.
    """

    start: int
    head: Head
    rows: Sequence[Notification] | None


class Changes(NamedTuple):
    """Rows by seq, taking a device from ``start`` to ``to``; counts are those of ``head``."""

    start: int
    to: int
    head: Head
    more: bool
    rows: Sequence[Row]


class Snapshot(NamedTuple):
    """The newest active rows, newest first, replacing all a device holds.

    ``reason``: ``first``, ``epoch``, ``too_old``, ``regressed`` or ``behind``.
    """

    reason: str
    head: Head
    more: bool
    rows: Sequence[Row]
