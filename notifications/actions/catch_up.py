"""Taking announcements in: an inbox gets its own copy of each, once, with its own next numbers.

An inbox remembers how far it has read the board (``board_seq``). Whoever reads it, or is connected to it,
first brings it up to the board: what was published since becomes a row, what was edited or retracted since changes its
row, all under the inbox's lock in one transaction. Of two that do it at once the second waits, and finds nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from notifications import metrics
from notifications.models import Announcement, Change, Inbox, Notification, UnreadCount, copies, numbering
from notifications.models.announcement import Audience
from notifications.models.change import Head
from notifications.models.changing import CARRIED, CARRIED_IN_ALL
from notifications.models.copies import Copy
from notifications.models.retries import retried
from notifications.models.states import LIVE
from notifications.signals import inbox_changed

from .sparing import briefly, spare_the_others

logger = logging.getLogger("notifications.actions")

INBOXES = 500
"""Locked by one transaction."""
COPIES = 5_000
"""Made or changed by one transaction, but for one inbox, which takes all or nothing."""


Within = Callable[[str], AbstractContextManager[None]]
"""Begins a transaction."""


def catch_up(user_ids: Sequence[str], *, is_patient: bool = True, broken: set[str] | None = None) -> None:
    """Bring those inboxes up to the board that are not; one short query for each 500 that are.

    Who is not patient leaves those behind that somebody else holds. ``broken``: as for ``spare_the_others``.
    """
    ordered = sorted(user_ids)
    for start in range(0, len(ordered), INBOXES):
        _catch_up(Inbox.objects.behind(ordered[start : start + INBOXES]), is_patient=is_patient, broken=broken)


def head_of(user_id: str) -> Head:
    """Where an inbox stands once it has taken the board in. One statement when there is nothing new."""
    head = Inbox.objects.head(user_id)
    return caught_up(head) if head.is_behind else head


def caught_up(head: Head) -> Head:
    """The head of an inbox that was behind, once it has taken the board in."""
    _catch_up([head.user_id])
    return Inbox.objects.head(head.user_id)


def _catch_up(user_ids: list[str], *, is_patient: bool = True, broken: set[str] | None = None) -> None:
    if user_ids:
        # One that cannot is read all the same, without them.
        take_all_in = partial(_take_all_in, within=transaction.atomic if is_patient else briefly)
        spare_the_others(take_all_in, user_ids, cannot="take announcements in", broken=broken, is_patient=is_patient)


def _take_all_in(user_ids: list[str], within: Within) -> int:
    rest = user_ids
    while rest:
        rest = _take_in(rest, within)
    return len(user_ids)


@retried
def _take_in(user_ids: list[str], within: Within) -> list[str]:
    """One transaction for as many as it can do; those that are left."""
    using = Inbox.objects.db
    with within(using):
        heads = numbering.lock(using, user_ids)
        return take_in(using, {user_id: heads[user_id] for user_id in user_ids if heads[user_id].is_behind})


@dataclass(slots=True)
class _Taking:
    """What one inbox takes in: new announcements, and the copies it has of changed ones."""

    added: list[_News] = field(default_factory=list)
    edited: list[Copy] = field(default_factory=list)
    withdrawn: list[Copy] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.added) + len(self.edited) + len(self.withdrawn)


@dataclass(frozen=True, slots=True)
class _News:
    """An announcement as far as it concerns the taking in; its text is copied within the database."""

    id: int
    audience: str
    seq: int
    published_seq: int
    identifier: str
    include_new: bool
    is_expired: bool
    is_retracted: bool

    @property
    def is_over(self) -> bool:
        return self.is_expired or self.is_retracted


@dataclass(frozen=True, slots=True)
class _Position:
    taken: int
    opened: int

    def misses(self, news: _News) -> bool:
        """It was published to everyone since, and is for this inbox."""
        return (
            news.audience == Audience.EVERYONE
            and news.published_seq > self.taken
            and (news.include_new or news.published_seq > self.opened)
        )

    def may_hold(self, news: _News) -> bool:
        """It was changed since, and there may be a copy."""
        return news.seq > self.taken and (news.audience == Audience.LIST or news.published_seq <= self.taken)


def take_in(using: str, heads: dict[str, Head], *, listed: int | None = None) -> list[str]:
    """Take the board in for these inboxes, which are locked, and the announcement to a list they are ``listed`` in.

    Returns those that were left for another transaction because there is so much to take in; never one of the first.
    """
    if not heads:
        return []
    began = monotonic()
    board, positions = _positions(using, heads)
    news = _read_news(using, positions.values(), listed)
    done = sorted(heads)[: max(1, COPIES // max(1, len(news)))] if listed is None else sorted(heads)
    # What was published between the two reads was read with them: the board's order is the order of commits.
    board = max(board, *(each.seq for each in news), 0)
    takings = _takings(using, {user_id: positions[user_id] for user_id in done}, news, listed)
    moved = _settle(using, takings, board)
    rows = _write(using, takings, heads)
    metrics.count_stored(sum(len(taking.added) for taking in takings.values()), began=began, using=using)
    changes = [
        Change(start=heads[user_id].seq, head=moved[user_id], rows=rows.get(user_id))
        for user_id, taking in takings.items()
        if len(taking)
    ]
    if changes:
        inbox_changed.send(Inbox, changes=changes, using=using)
    return sorted(heads)[len(done) :]


def _positions(using: str, user_ids: Iterable[str]) -> tuple[int, dict[str, _Position]]:
    """Where the board stands, read no later than the news, and how far each inbox has taken it in."""
    board = RawSQL(numbering.BOARD_SEQ, ())  # noqa: S611 - a constant
    rows = list(
        Inbox.objects.using(using)
        .filter(pk__in=list(user_ids))
        .values_list("pk", "board_seq", "opened_board_seq", board)
    )
    return rows[0][3], {user_id: _Position(taken, opened) for user_id, taken, opened, _ in rows}


def _read_news(using: str, positions: Iterable[_Position], listed: int | None) -> list[_News]:
    """In the order of publishing, the list last."""
    known = list(positions)
    since = min(position.taken for position in known)
    old = min(max(position.taken, position.opened) for position in known)
    now = timezone.now()
    fields = "id", "audience", "seq", "published_seq", "identifier", "include_new"
    rows: Any = Announcement.objects.using(using).order_by().values(*fields, "expires_at", "retracted_at")
    # Above 0: so SQLite knows that they are in the index of those the board has numbered.
    found = rows.filter(Q(seq__gt=0), Q(seq__gt=since), Q(include_new=True) | Q(seq__gt=old))
    if listed is not None:
        found = found.union(rows.filter(pk=listed))
    news = [
        _News(
            **{name: row[name] for name in fields},
            is_expired=row["expires_at"] is not None and row["expires_at"] <= now,
            is_retracted=row["retracted_at"] is not None,
        )
        for row in found
    ]
    return sorted(news, key=lambda each: (each.id == listed, each.published_seq))


def _takings(
    using: str, positions: dict[str, _Position], news: Sequence[_News], listed: int | None
) -> dict[str, _Taking]:
    takings = {user_id: _Taking() for user_id in positions}
    changed: dict[int, _News] = {}
    for each in news:
        for user_id, position in positions.items():
            if each.id == listed or position.misses(each):
                if not each.is_over:
                    takings[user_id].added.append(each)
            elif position.may_hold(each):
                changed[each.id] = each
    if changed:
        held = Notification.objects.using(using).filter(LIVE, user_id__in=positions, announcement__in=changed)
        for copy in copies.read(held):
            each = changed[copy.announcement_id]
            if positions[copy.user_id].may_hold(each):
                taking = takings[copy.user_id]
                (taking.withdrawn if each.is_retracted else taking.edited).append(copy)
    return takings


def _settle(using: str, takings: dict[str, _Taking], board: int) -> dict[str, Head]:
    """Take the numbers and move the counters."""
    steps: list[numbering.Step] = []
    added: dict[tuple[str, str], int] = defaultdict(int)
    withdrawn: dict[tuple[str, str], int] = defaultdict(int)
    for user_id, taking in takings.items():
        for news in taking.added:
            added[user_id, news.identifier] += 1
        for copy in taking.withdrawn:
            withdrawn[user_id, copy.identifier] -= copy.unread
        unread = len(taking.added) - sum(copy.unread for copy in taking.withdrawn)
        unseen = len(taking.added) - sum(copy.unseen for copy in taking.withdrawn)
        steps.append(numbering.Step(user_id, len(taking), unread, unseen))
    counts = UnreadCount.objects.db_manager(using)
    if added:
        counts.add(added)
    if moves := {key: delta for key, delta in withdrawn.items() if delta}:
        counts.move(moves)
    return numbering.settle(using, steps, board_seq=board)


def _write(using: str, takings: dict[str, _Taking], heads: dict[str, Head]) -> dict[str, Sequence[Notification]]:
    """Write the rows with their numbers; those of each inbox by seq, as far as they travel with the change."""
    added: list[tuple[str, int, int]] = []
    edited: list[tuple[int, int]] = []
    withdrawn: list[tuple[int, int]] = []
    for user_id, taking in takings.items():
        numbers = count(heads[user_id].seq + 1)
        withdrawn += [(copy.id, next(numbers)) for copy in taking.withdrawn]
        edited += [(copy.id, next(numbers)) for copy in taking.edited]
        added += [(user_id, next(numbers), news.id) for news in taking.added]
    rows: list[Notification] = [
        *copies.withdraw(using, withdrawn),
        *copies.edit(using, edited),
        *copies.add(using, added),
    ]
    if len(rows) > CARRIED_IN_ALL:
        return {}
    by_user: dict[str, list[Notification]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.seq):
        by_user[row.user_id].append(row)
    return {user_id: mine for user_id, mine in by_user.items() if len(mine) <= CARRIED}
