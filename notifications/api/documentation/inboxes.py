"""The operations on one user's inbox."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema

from notifications import limits
from notifications.wire import serializers as shapes
from notifications.wire.schemas import integer

from .examples import HEAD, READ, STORED, answered, asked
from .operations import Operations
from .parameters import INBOX_OF_ID, LIST, USER_ID, header, query
from .problems import BODY, problems

OPERATIONS: Final[Operations] = {
    "retrieve": extend_schema(
        operation_id="get_inbox",
        summary="One user's inbox, newest first",
        description="An integer here is a user_id; for PUT, PATCH and DELETE it is a notification's id.",
        tags=["inboxes"],
        parameters=[
            INBOX_OF_ID,
            *LIST,
            header("If-None-Match", "The ETag that you hold: 304 while nothing has changed."),
            header("ETag", "Changes with every change of the inbox.", response=[200, 304]),
        ],
        responses={
            200: shapes.InboxSerializer,
            304: OpenApiResponse(description="Nothing has changed."),
            **problems(404),
        },
        examples=[
            answered({"user_id": 123, "epoch": "3f6c", **HEAD, "next": None, "previous": None, "results": [STORED]})
        ],
    ),
    "counts": extend_schema(
        operation_id="get_counts",
        summary="How much is unread, and of what kind",
        tags=["inboxes"],
        parameters=[USER_ID],
        responses={200: shapes.CountsSerializer, **problems(404)},
        examples=[answered({**HEAD, "epoch": "3f6c", "by_identifier": {"MESSAGE": 3, "order.shipped": 1}})],
    ),
    "changes": extend_schema(
        operation_id="get_changes",
        summary="What changed since a cursor",
        tags=["inboxes"],
        parameters=[
            USER_ID,
            query("since", integer(0, limits.MAX_ID, default=0), "The seq up to which you have everything."),
            query(
                "epoch",
                {"type": "string", "pattern": f"^[!-~]{{0,{limits.EPOCH_MAX}}}$"},
                "The numbering that it belongs to; with another you get a snapshot.",
            ),
            query(
                "limit",
                integer(1, limits.CHANGES_MAX, default=limits.CHANGES_MAX),
                f"Rows of a range; a snapshot has {limits.PAGE_MAX} at most.",
            ),
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="Range",
                serializers=[shapes.ChangesSerializer, shapes.SnapshotSerializer],
                resource_type_field_name=None,
            ),
            **problems(404),
        },
        examples=[
            answered(
                {
                    "mode": "changes",
                    "epoch": "3f6c",
                    "from": 57,
                    "to": 59,
                    "unread": 3,
                    "unseen": 2,
                    "more": False,
                    "items": [READ, {"id": 811, "seq": 59, "deleted": True}],
                }
            )
        ],
    ),
    "mark": extend_schema(
        operation_id="mark_inbox",
        summary="Mark many, or all",
        description="By `ids`, or all up to `up_to`; what is newer is left alone. Foreign ids are not counted.",
        tags=["inboxes"],
        parameters=[USER_ID],
        request=shapes.MarkSerializer,
        responses={200: shapes.MarkAnswerSerializer, **problems(404, *BODY)},
        examples=[
            asked({"action": "read", "up_to": 812}),
            answered({"changed": 4, "up_to": 812, "unread": 0, "unseen": 0, "seq": 61}),
        ],
    ),
}
