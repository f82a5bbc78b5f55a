"""Bringing devices up to date: the changes after a cursor, or a snapshot when they cannot be had.

Any number of devices are served together: one statement for those with a cursor, one for those that take a snapshot,
and a second look only at inboxes that had to be opened, or that had announcements to take in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from notifications import limits
from notifications.models import Inbox, looking, numbering
from notifications.models.change import Changes, Snapshot
from notifications.models.looking import Seen

from .catch_up import catch_up
from .sparing import waiting


@dataclass(frozen=True, slots=True)
class Ask:
    """What a device of ``user_id`` wants: the changes after ``(epoch, since)``, or without a ``since`` a snapshot.

    ``limit``: rows of a range. ``page``: rows of a snapshot. ``reason``: why it gets one. ``may_renew``: whether it is
    believed when it knows more than the database.
    """

    user_id: str
    since: int | None = None
    epoch: str | None = None
    limit: int = limits.CHANGES_MAX
    page: int = limits.PAGE_DEFAULT
    reason: str = "first"
    may_renew: bool = True

    def snapshot(self, reason: str) -> Ask:
        return replace(self, since=None, epoch=None, reason=reason)


def changes_since(
    user_id: str,
    since: int,
    *,
    epoch: str | None = None,
    limit: int = limits.CHANGES_MAX,
    page: int = limits.PAGE_DEFAULT,
    may_renew: bool = True,
    is_patient: bool = True,
) -> Changes | Snapshot:
    """What changed after the cursor ``(epoch, since)``; at most ``limit`` rows, or a snapshot. One query."""
    return answer([Ask(user_id, since, epoch, limit, page, may_renew=may_renew)], is_patient=is_patient)[0]


def snapshot(user_id: str, reason: str, *, limit: int = limits.PAGE_DEFAULT) -> Snapshot:
    """The newest ``limit`` active rows as of the head. One query."""
    return cast("Snapshot", answer([Ask(user_id, page=limit, reason=reason)])[0])


def answer(asks: Sequence[Ask], *, is_patient: bool = True) -> list[Changes | Snapshot]:
    """Answer each, in their order.

    Who is not patient reads an inbox that somebody else holds without the announcements it has to take in; one that is
    just being opened cannot be read (``sparing.is_held``).
    """
    answers: dict[int, Changes | Snapshot] = {}
    left = dict(enumerate(asks))
    taken_in: set[str] = set()
    while left:
        again: dict[int, Ask] = {}
        behind: set[str] = set()
        for number, seen in _look(left, is_patient):
            ask = left[number]
            if seen is None:
                again[number] = ask
            elif seen.head.is_behind and ask.user_id not in taken_in:
                again[number] = ask
                behind.add(ask.user_id)
            elif isinstance(found := _judge(ask, seen, is_patient), Ask):
                again[number] = found
            else:
                answers[number] = found
        if behind:
            catch_up(list(behind), is_patient=is_patient)
            taken_in |= behind  # one that cannot take them in is read all the same, without them
        left = again
    return [answers[number] for number in range(len(asks))]


def _look(asks: Mapping[int, Ask], is_patient: bool) -> list[tuple[int, Seen | None]]:
    """What each asks about, one row more than it wants; None where it is to be looked at again."""
    found: list[tuple[int, Seen | None]] = []
    cursors = {number: (ask.user_id, ask.since) for number, ask in asks.items() if ask.since is not None}
    if cursors:
        most = max(asks[number].limit for number in cursors)
        found += zip(cursors, looking.changed(list(cursors.values()), limit=most + 1), strict=True)
    visits = {number: ask.user_id for number, ask in asks.items() if ask.since is None}
    if visits:
        most = max(asks[number].page for number in visits)
        found += zip(visits, looking.newest(list(visits.values()), limit=most + 1), strict=True)
    missing = {asks[number].user_id for number, seen in found if seen is None}
    if not missing:
        return found
    # A first visit opens an inbox. If it is not empty then, somebody else was there meanwhile.
    with waiting(Inbox.objects.db, is_patient=is_patient):
        heads = numbering.lock(Inbox.objects.db, missing)
    opened = {user_id: Seen(head) for user_id, head in heads.items() if not head.seq}
    return [(number, seen or opened.get(asks[number].user_id)) for number, seen in found]


def _judge(ask: Ask, seen: Seen, is_patient: bool) -> Changes | Snapshot | Ask:
    """The answer, or what is to be asked instead."""
    head, rows = seen.head, seen.rows
    if ask.since is None:
        return Snapshot(reason=ask.reason, head=head, more=len(rows) > ask.page, rows=rows[: ask.page])
    if ask.epoch is not None and ask.epoch != head.epoch:
        return ask.snapshot("epoch")
    if ask.since > head.seq:
        if ask.epoch is not None and ask.may_renew:
            # The database has less than it once said: it was restored. No cursor of this numbering may be trusted.
            with waiting(Inbox.objects.db, is_patient=is_patient):
                Inbox.objects.renew_epoch(ask.user_id, old=head.epoch)
        return ask.snapshot("regressed")
    if 0 < ask.since < seen.horizon:
        return ask.snapshot("too_old")
    more = len(rows) > ask.limit
    rows = rows[: ask.limit]
    return Changes(start=ask.since, to=rows[-1].seq if more else head.seq, head=head, more=more, rows=rows)
