"""Expiring what is due: deleting it, as a change like any other."""

from __future__ import annotations

from functools import cache

from django.db import connections
from django.utils import timezone

from notifications import metrics
from notifications.models import Notification
from notifications.models.changing import INBOXES, change_inboxes
from notifications.models.prepared import Prepared, blank
from notifications.models.states import LIVE, VERBS

from .sparing import briefly, spare_the_others

ROWS = 100_000
"""Looked at in one round, the longest due first."""


def expire_due() -> int:
    """Expire what is due, one transaction for each thousand inboxes; returns how many notifications.

    The condition is checked again under the locks: of several processes one does it, and a row whose ``expires_at``
    was moved meanwhile stays. An inbox that somebody holds is left to the next time.
    """
    now = timezone.now()
    due = Notification.objects.filter(LIVE, expires_at__lte=now)
    found = _due(due.db).ask(now=connections[due.db].ops.adapt_datetimefield_value(now))
    for _user_id, expires_at in found:
        metrics.expiry_lag_seconds.observe((now - (expires_at or now)).total_seconds())
    owners = sorted({user_id for user_id, _at in found})

    def expire(user_ids: list[str]) -> int:
        with briefly(due.db):
            return change_inboxes(user_ids, due, VERBS["delete"])[0]

    portions = (owners[start : start + INBOXES] for start in range(0, len(owners), INBOXES))
    return sum(spare_the_others(expire, portion, cannot="expire what is due", is_patient=False) for portion in portions)


@cache
def _due(using: str) -> Prepared:
    """Every process asks each second. Not kept: a plan for any moment would be one for a third of all rows."""
    now = blank("now", Notification._meta.get_field("expires_at"))
    due = Notification.objects.using(using).filter(LIVE, expires_at__lte=now).order_by("expires_at")
    return Prepared(due.values_list("user_id", "expires_at")[:ROWS], is_kept=False)
