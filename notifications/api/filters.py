"""The rows a list query asks for."""

from __future__ import annotations

from django.db.models import Q

from notifications.models import Notification
from notifications.models.planning import hidden_from_planner
from notifications.models.queryset import NotificationQuerySet
from notifications.models.states import ACTIVE, ARCHIVED, LIVE, READ, UNREAD, UNSEEN
from notifications.wire.queries import ListQuery

STATUS = {None: ACTIVE, "unread": UNREAD, "read": READ, "unseen": UNSEEN, "archived": ARCHIVED, "all": LIVE}


def matching(query: ListQuery, *, user_id: str | None) -> NotificationQuerySet:
    """Of one inbox, or of all when ``user_id`` is None."""
    wanted = STATUS[query.status]
    if user_id is not None:
        wanted &= Q(user_id=hidden_from_planner(user_id))
    if query.identifier is not None:
        wanted &= Q(identifier=query.identifier)
    if query.priority is not None:
        wanted &= Q(priority=query.priority)
    if query.created_after is not None:
        wanted &= Q(created_at__gt=query.created_after)
    if query.created_before is not None:
        wanted &= Q(created_at__lt=query.created_before)
    if query.search is not None:
        wanted &= Q(title__icontains=query.search) | Q(description__icontains=query.search)
    rows: NotificationQuerySet = Notification.objects.filter(wanted)
    return rows
