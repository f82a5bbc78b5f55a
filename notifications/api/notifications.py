"""Notifications: creating them, listing what the caller may see, changing one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.actions.access import Action
from notifications.actions.catch_up import catch_up
from notifications.actions.group_commit import create
from notifications.actions.mark import mark_one
from notifications.actions.notify import insert_many
from notifications.limits import BATCH_BODY_MAX
from notifications.models import Inbox, Notification
from notifications.models.inbox import is_behind
from notifications.models.retries import retried
from notifications.wire import answers, bodies
from notifications.wire.notification import to_wire
from notifications.wire.queries import ListQuery, parse_list

from .creations import BATCH, ONE
from .filters import matching
from .idempotency import once
from .pagination import Page, link, paginate
from .parsers import parse_object, read_body
from .permissions import notification_of_path, reach, require
from .viewset import EngineViewSet


class NotificationViewSet(EngineViewSet):
    """``/notifications/`` and, for its unsafe methods, ``/notifications/{id}``."""

    reads_query = frozenset({"list"})

    def list(self, request: Request) -> Response:
        only = reach(self.principal, Action.READ)
        query = parse_list(self.query_string, me=self.principal.user_id)
        if only is not None and query.user_id not in (None, only):
            raise PermissionDenied("This inbox is not yours.")
        page = _page(query, only or query.user_id)
        return Response(answers.page(page.rows, older=link(request, page.older), newer=link(request, page.newer)))

    def create(self, request: Request) -> Response:
        require(self.principal, Action.CREATE)
        raw = read_body(request._request)
        return once(request, raw, lambda: ONE.answer([create(parse_object(raw))]))

    def create_batch(self, request: Request) -> Response:
        require(self.principal, Action.CREATE)
        raw = read_body(request._request, maximum=BATCH_BODY_MAX)
        return once(request, raw, lambda: BATCH.answer(insert_many(BATCH.drafts(raw, timezone.now()))))

    def update(self, request: Request, id: str) -> Response:  # noqa: A002
        only, pk = self._target(id)
        raw = read_body(request._request, may_be_empty=True)
        return self._change(only, pk, bodies.parse_put(parse_object(raw) if raw else {}))

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002
        only, pk = self._target(id)
        return self._change(only, pk, bodies.parse_patch(parse_object(read_body(request._request))))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002
        _mark(_find(*self._target(id)), "delete")
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _target(self, text: str) -> tuple[str | None, int]:
        """The inbox it must lie in (None: any), and its id."""
        return reach(self.principal, Action.UPDATE), notification_of_path(text)

    def _change(self, only: str | None, pk: int, wanted: bodies.States) -> Response:
        return Response(to_wire(_changed(only, pk, wanted)))


@retried
def _changed(only: str | None, pk: int, wanted: bodies.States) -> Notification:
    notification = _find(only, pk)
    if verbs := _verbs(notification, wanted):
        with transaction.atomic():
            notification = _mark(notification, *verbs)
            if notification.is_deleted:
                raise Http404
            if wanted.is_seen is False and notification.seen_at is not None:
                unread = ValidationError("What is read is seen; mark it unread as well.", code="invalid")
                raise ValidationError({"is_seen": unread})
    return notification


def _page(query: ListQuery, user_id: str | None) -> Page:
    """Of one inbox, once it has taken the board in: asked in the same statement, but for an empty page."""
    rows = matching(query, user_id=user_id)
    if user_id is None:
        return paginate(rows, cursor=query.cursor, limit=query.limit)
    page = paginate(rows.annotate(is_behind=is_behind(user_id)), cursor=query.cursor, limit=query.limit)
    if page.rows and not page.rows[0].is_behind:  # type: ignore[union-attr]
        return page
    if not Inbox.objects.behind([user_id]):
        return page
    catch_up([user_id])
    return paginate(rows, cursor=query.cursor, limit=query.limit)


def _find(only: str | None, pk: int) -> Notification:
    rows = Notification.objects.live().filter(pk=pk)
    notification = (rows if only is None else rows.filter(user_id=only)).first()
    if notification is None:
        raise Http404
    return notification


def _mark(notification: Notification, *verbs: str) -> Notification:
    try:
        return mark_one(notification, *verbs)
    except Notification.DoesNotExist:  # its user was erased meanwhile
        raise Http404 from None


# state: the time that says it holds, the verb that makes it so, the verb that ends it.
_STATES: tuple[tuple[str, str, str, str], ...] = (
    ("is_read", "read_at", "read", "unread"),
    ("is_seen", "seen_at", "seen", "unseen"),
    ("is_archived", "archived_at", "archive", "unarchive"),
)


def _verbs(notification: Notification, wanted: bodies.States) -> list[str]:
    """What is to be done; nothing for a state that holds already, so that repeating a request writes nothing."""
    verbs: list[str] = []
    for state, column, begin, end in _STATES:
        value: Any = getattr(wanted, state)
        if value is not None and value != (getattr(notification, column) is not None):
            verbs.append(begin if value else end)
    return verbs
