"""Expiring what is due: deleting it, as a change like any other."""

from __future__ import annotations

from collections import Counter
from functools import cache

from django.db import connections
from django.db.models import Q
from django.utils import timezone

from notifications import metrics
from notifications.models import Notification
from notifications.models.changing import change_inboxes
from notifications.models.inbox import OWNER_IS_BEHIND
from notifications.models.prepared import Prepared, blank
from notifications.models.queryset import NotificationQuerySet
from notifications.models.states import LIVE, VERBS

from .catch_up import catch_up
from .shares import shares
from .sparing import briefly, spare_the_others

LOOKED_AT = 100_000
"""Rows in one round, the longest due first."""
_broken: set[str] = set()
"""Inboxes that could not expire what is due the last time: each is told once, not every second until it is mended."""


def expire_due() -> int:
    """Expire what is due, in short transactions; returns how many notifications.

    The condition is checked again under the locks: of several processes one does it, and a row whose ``expires_at``
    was moved meanwhile stays. An inbox that somebody holds is left to the next time. A copy of an announcement waits
    until its inbox has taken the board in: the end may have been put off there.
    """
    now = timezone.now()
    due = Notification.objects.filter(LIVE, Q(announcement__isnull=True) | ~Q(OWNER_IS_BEHIND), expires_at__lte=now)
    found = _due(due.db).ask(now=connections[due.db].ops.adapt_datetimefield_value(now))
    _broken.intersection_update(user_id for user_id, *_ in found)
    for user_id, expires_at, _announcement in found:
        if user_id not in _broken:
            metrics.expiry_lag_seconds.observe((now - (expires_at or now)).total_seconds())
    if holding_copies := {user_id for user_id, _at, announcement in found if announcement is not None}:
        catch_up(list(holding_copies), is_patient=False, broken=_broken)
    counted = Counter(user_id for user_id, *_ in found)
    return sum(_expire(*share) for share in shares(due, counted.items()))


def _expire(user_ids: list[str], due: NotificationQuerySet) -> int:
    def expire(some: list[str]) -> int:
        with briefly(due.db):
            return change_inboxes(some, due, VERBS["delete"])[0]

    return spare_the_others(expire, user_ids, cannot="expire what is due", broken=_broken, is_patient=False)


@cache
def _due(using: str) -> Prepared:
    """Every process asks each second. Not kept: a plan for any moment would be one for a third of all rows."""
    now = blank("now", Notification._meta.get_field("expires_at"))
    due = Notification.objects.using(using).filter(LIVE, expires_at__lte=now).order_by("expires_at")
    return Prepared(due.values_list("user_id", "expires_at", "announcement")[:LOOKED_AT], is_kept=False)
