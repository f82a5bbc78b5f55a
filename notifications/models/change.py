"""The values that travel: where an inbox stands, what one verb did to it, and what a device needs to follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .notification import Notification
    from .page import Row


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """Where an inbox stands: the counts are exact at ``seq``.

    ``is_behind``: there are announcements it has not taken in yet.
    """

    user_id: str
    epoch: str
    seq: int
    unread: int
    unseen: int
    is_behind: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Takes an inbox from seq ``start`` to ``head.seq``.

    ``rows`` are the changed notifications by seq; ``None`` when there are too many to carry, and devices read them.
    """

    start: int
    head: Head
    rows: Sequence[Notification] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """Rows by seq, taking a device from ``start`` to ``to``; counts are those of ``head``."""

    start: int
    to: int
    head: Head
    more: bool
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The newest active rows, newest first, replacing all a device holds.

    ``reason``: ``first``, ``epoch``, ``too_old``, ``regressed`` or ``behind``.
    """

    reason: str
    head: Head
    more: bool
    rows: Sequence[Row]
