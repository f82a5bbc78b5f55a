"""The operations on notifications."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiResponse, extend_schema

from notifications import limits
from notifications.wire import schemas
from notifications.wire import serializers as shapes

from .examples import MESSAGE, READ, STORED, answered, asked
from .operations import Operations
from .parameters import KEY, LIST, NOTIFICATION_ID, query
from .problems import BODY, KEYED, problems

OPERATIONS: Final[Operations] = {
    "list": extend_schema(
        operation_id="list_notifications",
        summary="All that the caller may see, newest first",
        tags=["notifications"],
        parameters=[query("user_id", schemas.USER_ID, "One user's only; `me`: one's own."), *LIST],
        responses={200: shapes.PageSerializer, **problems()},
        examples=[answered({"next": None, "previous": None, "results": [STORED]})],
    ),
    "create": extend_schema(
        operation_id="create_notification",
        summary="Create one",
        tags=["notifications"],
        parameters=KEY,
        request=shapes.NewNotificationSerializer,
        responses={
            201: shapes.NotificationSerializer,
            200: OpenApiResponse(shapes.NotificationSerializer, description="The first one with this dedupe_key."),
            **problems(*KEYED),
        },
        examples=[asked(MESSAGE), answered(STORED, "201", "200")],
    ),
    "create_batch": extend_schema(
        operation_id="create_batch",
        summary=f"Create up to {limits.BATCH_MAX}, all or nothing",
        tags=["notifications"],
        parameters=KEY,
        request=shapes.BatchSerializer,
        responses={201: shapes.BatchAnswerSerializer, **problems(*KEYED)},
        examples=[asked({"notifications": [MESSAGE]}), answered({"created": 1, "ids": [812]}, "201")],
    ),
    "update": extend_schema(
        operation_id="mark_notification",
        summary="Mark read, or unread",
        description="Without a body it marks read. Doing it twice keeps the first time and spends no seq.",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=shapes.PutSerializer,
        responses={200: shapes.NotificationSerializer, **problems(404, *BODY)},
        examples=[asked({"is_read": True}), answered(READ)],
    ),
    "partial_update": extend_schema(
        operation_id="change_notification",
        summary="Change whether it is read, seen, archived",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=shapes.StatesSerializer,
        responses={200: shapes.NotificationSerializer, **problems(404, *BODY)},
        examples=[asked({"is_read": True, "is_archived": False}), answered(READ)],
    ),
    "destroy": extend_schema(
        operation_id="delete_notification",
        summary="Delete",
        description="A tombstone stays, so that every device takes it away.",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=None,
        responses={204: None, **problems(404)},
    ),
}
