"""What the OpenAPI document says of each operation beyond what the code says."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer

from notifications.api.announcements import AnnouncementViewSet
from notifications.api.inboxes import InboxViewSet
from notifications.api.notifications import NotificationViewSet
from notifications.api.openapi import EngineSchema
from notifications.api.tokens import TokenViewSet
from notifications.api.topics import TopicViewSet
from notifications.api.viewset import EngineViewSet
from notifications.wire.serializers import PageSerializer

from . import announcements, inboxes, notifications, tokens, topics
from .operations import describe

DESCRIPTION = """\
Fires notifications at users, stores them and shows them live.

Every path answers with and without its trailing slash. Every error is `application/problem+json` (RFC 9457).
Notifications arrive live over a WebSocket at `/notifications/ws/{user_id}`; docs/protocol.md has its frames.
"""

extend_schema_serializer(many=False)(PageSerializer)  # one object, though an action named list gives it
EngineViewSet.schema = EngineSchema()
describe(NotificationViewSet, notifications.OPERATIONS)
describe(InboxViewSet, inboxes.OPERATIONS)
describe(AnnouncementViewSet, announcements.OPERATIONS)
describe(TokenViewSet, tokens.OPERATIONS)
describe(TopicViewSet, topics.OPERATIONS)
