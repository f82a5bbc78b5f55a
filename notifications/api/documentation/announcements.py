"""The operations on announcements."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema

from notifications.wire import schemas
from notifications.wire import serializers as shapes

from .examples import answered, asked
from .operations import Operations
from .parameters import KEY, path
from .problems import BODY, KEYED, problems

ID = path("id", schemas.ID, "Id of an announcement.")
NEWS = {"title": "Maintenance at noon", "identifier": "OPS", "description": "It takes five minutes."}
ANNOUNCEMENT: Final[dict[str, Any]] = {
    "id": 7,
    "audience": "everyone",
    "topic": None,
    "recipients": None,
    "delivered": 4211,
    "include_new": False,
    **NEWS,
    "data": {},
    "action_url": None,
    "priority": "normal",
    "created_at": "2026-11-22T10:00:00.000000Z",
    "updated_at": "2026-11-22T10:00:00.000000Z",
    "expires_at": "2026-11-23T12:00:00.000000Z",
    "retracted_at": None,
}

OPERATIONS: Final[Operations] = {
    "create": extend_schema(
        operation_id="announce",
        summary="Announce to everyone, to a list of users, or to a topic",
        description="Everyone is every inbox there is: stored once, and taken in by each when it is next looked at. A "
        "list (`user_ids` instead of `audience`), or whoever is subscribed to a `topic` now, is delivered in the "
        "background.",
        tags=["announcements"],
        parameters=KEY,
        request=shapes.NewAnnouncementSerializer,
        responses={202: shapes.AnnouncementAnswerSerializer, **problems(*KEYED)},
        examples=[
            asked({"audience": "everyone", **NEWS, "expires_at": "2999-01-01T00:00:00Z"}),
            answered({"id": 7, "recipients": None}, "202"),
        ],
    ),
    "retrieve": extend_schema(
        operation_id="get_announcement",
        summary="An announcement, and how far it has come",
        tags=["announcements"],
        parameters=[ID],
        responses={200: shapes.AnnouncementSerializer, **problems(404)},
        examples=[answered(ANNOUNCEMENT)],
    ),
    "partial_update": extend_schema(
        operation_id="edit_announcement",
        summary="Correct it, in every inbox that has it",
        description="409 when it was retracted or has expired.",
        tags=["announcements"],
        parameters=[ID],
        request=shapes.AnnouncementEditSerializer,
        responses={200: shapes.AnnouncementSerializer, **problems(404, 409, *BODY)},
        examples=[asked({"title": "Maintenance at one"}), answered({**ANNOUNCEMENT, "title": "Maintenance at one"})],
    ),
    "destroy": extend_schema(
        operation_id="retract_announcement",
        summary="Retract: take it back out of every inbox",
        tags=["announcements"],
        parameters=[ID],
        request=None,
        responses={204: None, **problems(404)},
    ),
}
