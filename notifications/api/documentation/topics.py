"""The operations on topics and subscriptions."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema

from notifications import limits
from notifications.wire import schemas
from notifications.wire import serializers as shapes
from notifications.wire.name_cursors import TEXT_MAX, TEXT_MIN

from .examples import answered
from .operations import Operations
from .parameters import USER_ID, path, query
from .problems import BODY, problems

TOPIC = path("topic", schemas.TOPIC, "A topic: any name; nobody need make it before.")
PAGE = [
    query("limit", schemas.integer(1, limits.PAGE_MAX, default=limits.PAGE_DEFAULT)),
    query("cursor", {"type": "string", "minLength": TEXT_MIN, "maxLength": TEXT_MAX}, "From `next` or `previous`."),
]
SUBSCRIPTION: Final[dict[str, Any]] = {"topic": "news", "user_id": 123, "created_at": "2026-11-22T10:00:00.000000Z"}
SHOWN = answered({"next": None, "previous": None, "results": [SUBSCRIPTION]})
OPEN = "Twice changes nothing. A user may do it for himself, with topics that `OPEN_TOPICS` names."

OPERATIONS: Final[Operations] = {
    "update": extend_schema(
        operation_id="subscribe",
        summary="Subscribe a user to a topic",
        description=OPEN,
        tags=["topics"],
        parameters=[TOPIC, USER_ID],
        request=None,
        responses={204: None, **problems(404, *BODY)},
    ),
    "destroy": extend_schema(
        operation_id="unsubscribe",
        summary="End a subscription",
        description=f"{OPEN} What was announced before still comes.",
        tags=["topics"],
        parameters=[TOPIC, USER_ID],
        request=None,
        responses={204: None, **problems(404)},
    ),
    "subscribers": extend_schema(
        operation_id="list_subscriptions",
        summary="Who is subscribed to a topic, in the order of user_ids",
        description="For who may list everything.",
        tags=["topics"],
        parameters=[TOPIC, *PAGE],
        responses={200: shapes.SubscriptionPageSerializer, **problems()},
        examples=[SHOWN],
    ),
    "topics": extend_schema(
        operation_id="list_topics",
        summary="What a user is subscribed to, in the order of topics",
        tags=["topics"],
        parameters=[USER_ID, *PAGE],
        responses={200: shapes.SubscriptionPageSerializer, **problems(404)},
        examples=[SHOWN],
    ),
}
