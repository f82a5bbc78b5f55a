"""Changing the state of notifications: the one function behind REST, sockets and the admin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from notifications.models import Notification
from notifications.models.change import Head
from notifications.models.changing import change_inbox
from notifications.models.retries import retried
from notifications.models.states import VERBS


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
) -> Marked:
    """Apply a verb of ``states.VERBS`` to the named rows, or to all up to an id, of one inbox.

    Rows of other inboxes are not counted. Without ``ids`` and ``up_to`` the bound is fixed first, so that what
    arrives meanwhile is left alone.
    """
    rows = Notification.objects.filter(user_id=user_id)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    else:
        if up_to is None:
            up_to = rows.order_by("-id").values_list("id", flat=True).first() or 0
        rows = rows.filter(pk__lte=up_to)
        if identifier is not None:
            rows = rows.filter(identifier=identifier)
    changed, head = change_inbox(user_id, rows, VERBS[verb])
    return Marked(changed=changed, up_to=up_to, head=head)


@retried
def mark_one(notification: Notification, *verbs: str) -> Notification:
    """Apply verbs to one notification and return it as it then stands."""
    rows = Notification.objects.filter(pk=notification.pk)
    with transaction.atomic():
        for verb in verbs:
            change_inbox(notification.user_id, rows, VERBS[verb])
    return Notification.objects.get(pk=notification.pk)
