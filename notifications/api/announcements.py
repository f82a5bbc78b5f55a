"""Announcements: making one, following it, correcting it, taking it back."""

from __future__ import annotations

from django.http import Http404
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import limits
from notifications.actions import announce
from notifications.actions.access import Action
from notifications.exceptions import AnnouncementEnded
from notifications.models import Announcement
from notifications.wire import announcements as shapes
from notifications.wire.problems import Problem, Refused

from .creations import Answer
from .idempotency import once
from .parsers import parse_object, read_body
from .permissions import notification_of_path, require
from .viewset import EngineViewSet


class AnnouncementViewSet(EngineViewSet):
    """``/notifications/announcements`` and ``/notifications/announcements/{id}``: for whoever may create."""

    def create(self, request: Request) -> Response:
        require(self.principal, Action.CREATE)
        raw = read_body(request._request, maximum=limits.BATCH_BODY_MAX)

        def work() -> Answer:
            wanted = shapes.parse_announcement(parse_object(raw))
            if wanted.user_ids is not None:
                made = announce.publish_to(wanted.user_ids, wanted.message)
            elif wanted.topic is not None:
                made = announce.publish_to_topic(wanted.topic, wanted.message)
            else:
                made = announce.publish(wanted.message, include_new=wanted.include_new)
            return status.HTTP_202_ACCEPTED, shapes.accepted(made)

        return once(request, raw, work)

    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002
        return self._answer(self._find(id))

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002
        found = self._find(id)
        wanted = shapes.parse_edit(parse_object(read_body(request._request)))
        try:
            return self._answer(announce.edit(found.pk, wanted))
        except AnnouncementEnded as problem:
            raise Refused(Problem(409, "announcement_ended", str(problem))) from None

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002
        announce.retract(self._find(id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _find(self, text: str) -> Announcement:
        require(self.principal, Action.CREATE)
        found = Announcement.objects.filter(pk=notification_of_path(text)).first()
        if found is None:
            raise Http404
        return found

    def _answer(self, found: Announcement) -> Response:
        return Response(shapes.announcement(found, delivered=announce.delivered(found)))
