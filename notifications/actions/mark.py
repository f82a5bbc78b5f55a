"""Changing the state of notifications: the one function behind REST, sockets and the admin."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import connections, transaction
from django.db.models import OuterRef, Subquery

from notifications.models import Inbox, Notification
from notifications.models.change import Head
from notifications.models.changing import change_inbox
from notifications.models.inbox import IS_BEHIND
from notifications.models.retries import retried
from notifications.models.states import VERBS

from .catch_up import catch_up, caught_up
from .sparing import waiting

logger = logging.getLogger("notifications.actions")


@dataclass(frozen=True, kw_only=True)
class Marked:
    """``changed`` rows; ``up_to`` the bound in force, or None when rows were named."""

    changed: int
    up_to: int | None
    head: Head


@retried
def mark(
    user_id: str,
    verb: str,
    *,
    ids: Sequence[int] | None = None,
    up_to: int | None = None,
    identifier: str | None = None,
    is_patient: bool = True,
) -> Marked:
    """Apply a verb of ``states.VERBS`` to the named rows, or to all up to an id, of one inbox.

    Rows of other inboxes are not counted. Without ``ids`` and ``up_to`` the bound is fixed first, so that what
    arrives meanwhile is left alone; what was announced before is taken in before, and is within the bound.
    Who is not patient does nothing to an inbox that somebody else holds (``sparing.is_held``).
    """
    rows = Notification.objects.all()  # of this inbox, which is added where it is locked
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    else:
        if up_to is None:
            up_to = _newest(user_id, is_patient)
        rows = rows.filter(pk__lte=up_to)
        if identifier is not None:
            rows = rows.filter(identifier=identifier)
    with waiting(rows.db, is_patient=is_patient):
        changed, head = change_inbox(user_id, rows, VERBS[verb])
    if head.is_behind:
        try:
            head = caught_up(head)
        except DatabaseError:
            if connections[rows.db].in_atomic_block:
                raise  # the caller's transaction, which may be lost with it
            # The change is committed: its head is exact, and whoever looks next takes the board in.
            logger.warning("An inbox was marked, but could not take announcements in.", exc_info=True)
            connections[rows.db].close_if_unusable_or_obsolete()
    return Marked(changed=changed, up_to=up_to, head=head)


def _newest(user_id: str, is_patient: bool) -> int:
    # Not user_id=, with which PostgreSQL may read the newest rows of everybody until one is of this user.
    mine = Notification.objects.live().filter(user_id__gte=OuterRef("pk"), user_id__lte=OuterRef("pk"))
    newest = mine.order_by("user_id", "-id").values("id")[:1]
    found = Inbox.objects.filter(pk=user_id).values_list(Subquery(newest), IS_BEHIND).first()
    if found is None or found[1]:
        catch_up([user_id], is_patient=is_patient)
        found = Inbox.objects.filter(pk=user_id).values_list(Subquery(newest)).first()
    return (found and found[0]) or 0


@retried
def mark_one(notification: Notification, *verbs: str) -> Notification:
    """Apply verbs to one notification and return it as it then stands; raises ``Notification.DoesNotExist``."""
    rows = Notification.objects.filter(pk=notification.pk)
    with transaction.atomic():
        for verb in verbs:
            change_inbox(notification.user_id, rows, VERBS[verb])
        return rows.get()
