"""Delivering announcements to lists: part after part, by whichever process comes first.

Rows are committed together with the names that leave their part, so that a process that dies leaves the part as it was;
the next one, or the same when it is back, goes on exactly there. A part is one transaction, or several where somebody
holds an inbox: then that name stays, and the part waits for another round.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from functools import cache, partial

from django.db import OperationalError
from django.db.models import QuerySet
from django.utils import timezone

from notifications.models import AnnouncementPart, numbering
from notifications.models.prepared import Prepared, blank
from notifications.models.retries import retried

from .catch_up import catch_up, take_in
from .sparing import briefly, is_held, spare_the_others


def deliver_next(after: int = 0) -> int:
    """Deliver the next part that waits, as far as it can be; returns which it was, 0 when none waits."""
    waiting = _waiting(AnnouncementPart.objects.db).ask(after=after)
    if not waiting:
        return 0
    ((pk, user_ids),) = waiting
    # What was announced to everyone meanwhile goes before, in transactions of its own: of those who have not looked for
    # long there may be much.
    catch_up(user_ids, is_patient=False)
    broken: set[str] = set()
    with suppress(_Taken):
        deliver = partial(_deliver, pk)
        spare_the_others(deliver, user_ids, cannot="take an announcement in", broken=broken, is_patient=False)
        if broken:
            _deliver(pk, [], broken)
    return int(pk)


@cache
def _waiting(using: str) -> Prepared:
    """The next part; every process asks each second."""
    after = blank("after", AnnouncementPart._meta.pk)
    parts = AnnouncementPart.objects.using(using).filter(delivered_at__isnull=True, pk__gt=after)
    return Prepared(parts.order_by("pk").values_list("pk", "user_ids")[:1])


class _Taken(Exception):
    """Another process is delivering the part, or somebody who is in it is being erased."""


@retried
def _deliver(pk: int, user_ids: list[str], broken: Collection[str] = ()) -> int:
    """One transaction: who is still in the part gets it and leaves, the ``broken`` leave without; how many got it."""
    using = AnnouncementPart.objects.db
    part = AnnouncementPart.objects.filter(pk=pk)
    with briefly(using):
        # The write first: of rivals one is here at a time, and who is erased leaves before or after.
        if not _claim(part):
            return 0
        listed, announcement_id = part.values_list("user_ids", "announcement").get()
        receiving = set(listed).intersection(user_ids)
        _insert(using, receiving, announcement_id)
        leaving = receiving.union(broken)
        # Who they were is nobody's business any more.
        rest = [user_id for user_id in listed if user_id not in leaving]
        if rest:
            part.update(user_ids=rest, size=len(rest), delivered_at=None)
        else:
            part.update(user_ids=[])
        return len(receiving)


def _claim(part: QuerySet[AnnouncementPart]) -> bool:
    try:
        return bool(part.filter(delivered_at__isnull=True).update(delivered_at=timezone.now()))
    except OperationalError as problem:
        if is_held(problem):
            raise _Taken from problem
        raise


def _insert(using: str, user_ids: Collection[str], announcement_id: int) -> None:
    if user_ids:
        take_in(using, numbering.lock(using, user_ids), listed=announcement_id)
