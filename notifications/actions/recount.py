"""Recounting inboxes from their rows, and mending those whose counters or numbering are not what they should be."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef

from notifications.models import Change, Inbox, Notification, UnreadCount, numbering
from notifications.models.retries import retried
from notifications.models.states import UNREAD, UNSEEN
from notifications.signals import inbox_changed

NEWEST = 1000


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """``by_identifier`` counts the unread. A recount's ``seq`` is the highest in use: of the rows, or the horizon."""

    seq: int
    unread: int
    unseen: int
    by_identifier: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Drift:
    """An inbox whose ``stored`` figures are not those ``counted`` from its rows."""

    user_id: str
    stored: Ledger
    counted: Ledger

    def __str__(self) -> str:
        parts = [
            f"{name} is {stored}, counted {counted}"
            for name in ("unread", "unseen")
            if (stored := getattr(self.stored, name)) != (counted := getattr(self.counted, name))
        ]
        if self.stored.by_identifier != self.counted.by_identifier:
            names = sorted({*self.stored.by_identifier, *self.counted.by_identifier})
            wrong = [
                f"{name} {self.stored.by_identifier.get(name, 0)}, counted {self.counted.by_identifier.get(name, 0)}"
                for name in names
                if self.stored.by_identifier.get(name) != self.counted.by_identifier.get(name)
            ]
            parts.append(f"unread by identifier: {'; '.join(wrong[:3])}")
        if self.counted.seq > self.stored.seq:
            parts.append(f"seq is {self.stored.seq}, rows or the horizon reach {self.counted.seq}")
        return f"{self.user_id}: {', '.join(parts)}"


def drifted(user_ids: Sequence[str]) -> list[Drift]:
    """Those of the inboxes that drifted. Only suspects are locked, one by one: what is being written is no drift."""
    using = Inbox.objects.db
    found = []
    for suspect in _drifts(user_ids):
        with transaction.atomic(using=using):
            if numbering.hold(using, [suspect.user_id]):
                found += _drifts([suspect.user_id])
    return found


@retried
def mend(user_id: str) -> Drift | None:
    """Set the counters to what the rows add up to, as a change that every device hears of; what was wrong, if anything.

    The change has a number and no row. Devices take the counts from it, or read on when rows lay beyond the numbering.
    """
    using = Inbox.objects.db
    with transaction.atomic(using=using):
        numbering.lock(using, [user_id])
        drift = next(iter(_drifts([user_id])), None)
        if drift is None:
            return None
        stored, counted = drift.stored, drift.counted
        beyond = max(counted.seq - stored.seq, 0)
        step = numbering.Step(user_id, beyond + 1, counted.unread - stored.unread, counted.unseen - stored.unseen)
        head = numbering.settle(using, [step])[user_id]
        counts = UnreadCount.objects.db_manager(using)
        counts.filter(inbox=user_id).delete()
        if counted.by_identifier:
            counts.add({(user_id, name): number for name, number in counted.by_identifier.items()})
        change = Change(start=stored.seq, head=head, rows=None if beyond else [])
        inbox_changed.send(Inbox, changes=[change], using=using)
        return drift


def without_inbox(number: int) -> list[str]:
    """Up to so many users whose notifications lie in no inbox; ``mend`` gives them one."""
    lost = Notification.objects.filter(~Exists(Inbox.objects.filter(pk=OuterRef("user_id"))))
    return list(lost.order_by().values_list("user_id", flat=True).distinct()[:number])


def sample(number: int) -> list[str]:
    """Up to so many inboxes: half of them those of the newest notifications, the others anywhere."""
    newest = Notification.objects.order_by("-id").values_list("user_id", flat=True)[:NEWEST]
    chosen = list(dict.fromkeys(newest))[: number // 2]
    inboxes = Inbox.objects.exclude(pk__in=chosen).order_by("pk")
    spare = number - len(chosen)
    start = random.randint(0, max(inboxes.count() - spare, 0))
    return chosen + list(inboxes.values_list("pk", flat=True)[start : start + spare])


def _drifts(user_ids: Iterable[str]) -> list[Drift]:
    """Three short queries for all of them. Without a lock the answer is a suspicion."""
    counted = _counted(user_ids)
    drifts = []
    for user_id, stored, horizon in _stored(user_ids):
        mine = counted.get(user_id, EMPTY)
        drifts.append(Drift(user_id=user_id, stored=stored, counted=replace(mine, seq=max(mine.seq, horizon))))
    return [drift for drift in drifts if not _agree(drift.stored, drift.counted)]


EMPTY = Ledger(seq=0, unread=0, unseen=0, by_identifier={})


def _agree(stored: Ledger, counted: Ledger) -> bool:
    return counted.seq <= stored.seq and (stored.unread, stored.unseen, stored.by_identifier) == (
        counted.unread,
        counted.unseen,
        counted.by_identifier,
    )


def _stored(user_ids: Iterable[str]) -> Iterator[tuple[str, Ledger, int]]:
    by_identifier: dict[str, dict[str, int]] = {}
    counts = UnreadCount.objects.filter(inbox__in=user_ids, unread__gt=0)
    for user_id, name, unread in counts.values_list("inbox", "identifier", "unread"):
        by_identifier.setdefault(user_id, {})[name] = unread
    inboxes = Inbox.objects.filter(pk__in=user_ids).values_list("pk", "seq", "unread", "unseen", "horizon")
    for user_id, seq, unread, unseen, horizon in inboxes:
        mine = by_identifier.get(user_id, {})
        yield user_id, Ledger(seq=seq, unread=unread, unseen=unseen, by_identifier=mine), horizon


def _counted(user_ids: Iterable[str]) -> dict[str, Ledger]:
    rows = Notification.objects.filter(user_id__in=user_ids).order_by()
    sums = rows.values_list("user_id", "identifier").annotate(
        unread=Count("pk", filter=UNREAD), unseen=Count("pk", filter=UNSEEN), highest=Max("seq")
    )
    counted: dict[str, Ledger] = {}
    for user_id, name, unread, unseen, highest in sums:
        before = counted.get(user_id, EMPTY)
        counted[user_id] = Ledger(
            seq=max(before.seq, highest),
            unread=before.unread + unread,
            unseen=before.unseen + unseen,
            by_identifier={**before.by_identifier, **({name: unread} if unread else {})},
        )
    return counted
