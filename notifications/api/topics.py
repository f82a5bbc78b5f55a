"""Topics: who is subscribed to which, and changing that."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import limits
from notifications.actions.access import Action
from notifications.actions.topics import subscribe, unsubscribe
from notifications.models import Subscription
from notifications.wire import name_cursors, subscriptions
from notifications.wire.members import refuse_unknown
from notifications.wire.queries import NameQuery, parse_subscribers, parse_topics

from .name_pages import paginate
from .pagination import address
from .parsers import parse_object, read_body
from .permissions import inbox_of_path, require, require_inbox, require_topic
from .viewset import EngineViewSet


class TopicViewSet(EngineViewSet):
    """``/notifications/topics/{topic}/subscriptions``, a user_id below it, and ``/notifications/{user_id}/topics``."""

    reads_query = frozenset({"subscribers", "topics"})

    def update(self, request: Request, topic: str, user_id: str) -> Response:
        subscriber, name = self._subscription(topic, user_id)
        if raw := read_body(request._request, may_be_empty=True):
            refuse_unknown(parse_object(raw), frozenset())
        subscribe(subscriber, name)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def destroy(self, request: Request, topic: str, user_id: str) -> Response:
        unsubscribe(*self._subscription(topic, user_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def subscribers(self, request: Request, topic: str) -> Response:
        require(self.principal, Action.READ)
        rows = Subscription.objects.filter(topic=_topic_of_path(topic))
        return self._page(rows, "user_id", parse_subscribers(self.query_string))

    def topics(self, request: Request, user_id: str) -> Response:
        user_id = inbox_of_path(user_id, self.principal)
        require_inbox(self.principal, Action.READ, user_id)
        rows = Subscription.objects.filter(user_id=user_id)
        return self._page(rows, "topic", parse_topics(self.query_string))

    def _subscription(self, topic: str, user_id: str) -> tuple[str, str]:
        subscriber = inbox_of_path(user_id, self.principal)
        require_inbox(self.principal, Action.UPDATE, subscriber)
        name = _topic_of_path(topic)
        require_topic(self.principal, name)
        return subscriber, name

    def _page(self, rows: QuerySet[Subscription], name: str, query: NameQuery) -> Response:
        page = paginate(rows, name, cursor=query.cursor, limit=query.limit)
        after, before = (
            None if cursor is None else address(self.request, name_cursors.encode(cursor))
            for cursor in (page.after, page.before)
        )
        return Response(subscriptions.page(page.rows, after=after, before=before))


def _topic_of_path(text: str) -> str:
    return limits.clean_as("topic", limits.clean_topic, text)
