"""What the OpenAPI document says of each operation beyond what the code says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_serializer,
)

from notifications import limits
from notifications.wire import serializers as shapes
from notifications.wire.problems import MEDIA_TYPE
from notifications.wire.queries import EPOCH_MAX, SEARCH_MAX, STATUSES

from .inboxes import InboxViewSet
from .notifications import NotificationViewSet
from .openapi import EngineSchema
from .tokens import TokenViewSet
from .viewset import EngineViewSet

DESCRIPTION = """\
Fires notifications at users, stores them and shows them live.

Every path answers with and without its trailing slash. Every error is `application/problem+json` (RFC 9457).
Notifications arrive live over a WebSocket at `/notifications/ws/{user_id}`; docs/protocol.md has its frames.
"""


MESSAGE = {
    "title": "New Message Received",
    "description": "This is a new message from John Doe",
    "identifier": "MESSAGE",
    "user_id": 123,
}
STORED = {
    "id": 812,
    "user_id": 123,
    "seq": 57,
    "title": "New Message Received",
    "description": "This is a new message from John Doe",
    "identifier": "MESSAGE",
    "data": {},
    "action_url": None,
    "priority": "normal",
    "is_read": False,
    "read_at": None,
    "seen_at": None,
    "archived_at": None,
    "created_at": "2026-11-22T10:00:00.000000Z",
    "updated_at": "2026-11-22T10:00:00.000000Z",
    "expires_at": None,
}
READ = {**STORED, "seq": 58, "is_read": True, "read_at": "2026-11-22T10:05:00.000000Z"}
READ |= {"seen_at": READ["read_at"], "updated_at": READ["read_at"]}
HEAD = {"unread": 4, "unseen": 2, "seq": 57}


def _asked(value: object, name: str = "request") -> OpenApiExample:
    return OpenApiExample(name, value=value, request_only=True)


def _answered(value: object, *statuses: str, name: str = "answer") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=list(statuses) or ["200"])


PROBLEMS = {
    400: "The input is not valid: `errors` names each field.",
    401: "Not known: no credential, or a bad one.",
    403: "Known, and not for you.",
    404: "No such object that you may see.",
    405: "This method is not supported here; see Allow.",
    409: "The first request with this Idempotency-Key is still running.",
    413: "The body is too large.",
    415: "Another content type than application/json in UTF-8.",
    422: "This Idempotency-Key came with another request.",
    429: "Too many requests; see Retry-After.",
    503: "The database is away; see Retry-After.",
}
BODY = (413, 415)
KEYED = (*BODY, 409, 422)


def _problems(*statuses: int) -> dict[Any, Any]:
    return {
        (status, MEDIA_TYPE): OpenApiResponse(shapes.ProblemSerializer, description=PROBLEMS[status])
        for status in sorted({400, 401, 403, 405, 429, 503, *statuses})
    }


def _query(name: str, schema: dict[str, Any], description: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.QUERY, description=description)


def _header(name: str, description: str, *, response: bool | list[int] = False, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        type={"type": "string", **schema},
        location=OpenApiParameter.HEADER,
        description=description,
        response=response,
    )


def _path(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.PATH, required=True, description=description)


NOTIFICATION_ID = _path("id", shapes.ID, "Id of a notification.")
_USER_ID = {"anyOf": [*shapes.USER_ID["anyOf"], {"const": "me"}]}
INBOX_OF_ID = _path("id", _USER_ID, "A user_id, or `me`: the caller's own.")
USER_ID = _path("user_id", _USER_ID, "A user_id, or `me`: the caller's own.")
KEY = [
    _header(
        "Idempotency-Key",
        "A retry with the same key and body gets the first answer, for 24 hours.",
        minLength=1,
        maxLength=limits.IDEMPOTENCY_KEY_MAX,
        pattern="^[!-~]+$",
    ),
    _header("Idempotent-Replayed", "`true` when this is the first answer again.", response=[200, 201]),
]
LIMIT = {"type": "integer", "minimum": 1, "maximum": limits.PAGE_MAX, "default": limits.PAGE_DEFAULT}
LIST = [
    _query("identifier", shapes.IDENTIFIER),
    _query("priority", shapes.PRIORITY),
    _query(
        "status",
        {"type": "string", "enum": list(STATUSES)},
        "Without it: all that is not archived. `read` leaves the archived out, `all` has them.",
    ),
    _query("created_after", shapes.MOMENT),
    _query("created_before", shapes.MOMENT),
    _query("search", {"type": "string", "minLength": 1, "maxLength": SEARCH_MAX}, "In title and description."),
    _query("limit", LIMIT),
    _query("cursor", {"type": "string", "minLength": 12, "maxLength": 12}, "From `next` or `previous`."),
]

extend_schema_serializer(many=False)(shapes.PageSerializer)  # one object, though an action named list gives it
EngineViewSet.schema = EngineSchema()


def _describe(view: type[EngineViewSet], **operations: Callable[[Any], Any]) -> None:
    """``extend_schema_view`` finds only the methods that the project's DEFAULT_SCHEMA_CLASS knows."""
    for name, extend in operations.items():
        method: Any = getattr(view, name)
        method.kwargs = {"schema": EngineSchema}
        extend(method)


_describe(
    NotificationViewSet,
    list=extend_schema(
        operation_id="list_notifications",
        summary="All that the caller may see, newest first",
        tags=["notifications"],
        parameters=[_query("user_id", shapes.USER_ID, "One user's only."), *LIST],
        responses={200: shapes.PageSerializer, **_problems()},
        examples=[_answered({"next": None, "previous": None, "results": [STORED]})],
    ),
    create=extend_schema(
        operation_id="create_notification",
        summary="Create one",
        tags=["notifications"],
        parameters=KEY,
        request=shapes.NewNotificationSerializer,
        responses={
            201: shapes.NotificationSerializer,
            200: OpenApiResponse(shapes.NotificationSerializer, description="The first one with this dedupe_key."),
            **_problems(*KEYED),
        },
        examples=[_asked(MESSAGE), _answered(STORED, "201", "200")],
    ),
    create_batch=extend_schema(
        operation_id="create_batch",
        summary=f"Create up to {limits.BATCH_MAX}, all or nothing",
        tags=["notifications"],
        parameters=KEY,
        request=shapes.BatchSerializer,
        responses={201: shapes.BatchAnswerSerializer, **_problems(*KEYED)},
        examples=[_asked({"notifications": [MESSAGE]}), _answered({"created": 1, "ids": [812]}, "201")],
    ),
    update=extend_schema(
        operation_id="mark_notification",
        summary="Mark read, or unread",
        description="Without a body it marks read. Doing it twice keeps the first time and spends no seq.",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=shapes.PutSerializer,
        responses={200: shapes.NotificationSerializer, **_problems(404, *BODY)},
        examples=[_asked({"is_read": True}), _answered(READ)],
    ),
    partial_update=extend_schema(
        operation_id="change_notification",
        summary="Change whether it is read, seen, archived",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=shapes.StatesSerializer,
        responses={200: shapes.NotificationSerializer, **_problems(404, *BODY)},
        examples=[_asked({"is_read": True, "is_archived": False}), _answered(READ)],
    ),
    destroy=extend_schema(
        operation_id="delete_notification",
        summary="Delete",
        description="A tombstone stays, so that every device takes it away.",
        tags=["notifications"],
        parameters=[NOTIFICATION_ID],
        request=None,
        responses={204: None, **_problems(404)},
    ),
)

_describe(
    InboxViewSet,
    retrieve=extend_schema(
        operation_id="get_inbox",
        summary="One user's inbox, newest first",
        description="An integer here is a user_id; for PUT, PATCH and DELETE it is a notification's id.",
        tags=["inboxes"],
        parameters=[
            INBOX_OF_ID,
            *LIST,
            _header("If-None-Match", "The ETag that you hold: 304 while nothing has changed."),
            _header("ETag", "Changes with every change of the inbox.", response=[200, 304]),
        ],
        responses={
            200: shapes.InboxSerializer,
            304: OpenApiResponse(description="Nothing has changed."),
            **_problems(404),
        },
        examples=[
            _answered({"user_id": 123, "epoch": "3f6c", **HEAD, "next": None, "previous": None, "results": [STORED]})
        ],
    ),
    counts=extend_schema(
        operation_id="get_counts",
        summary="How much is unread, and of what kind",
        tags=["inboxes"],
        parameters=[USER_ID],
        responses={200: shapes.CountsSerializer, **_problems(404)},
        examples=[_answered({**HEAD, "epoch": "3f6c", "by_identifier": {"MESSAGE": 3, "order.shipped": 1}})],
    ),
    changes=extend_schema(
        operation_id="get_changes",
        summary="What changed since a cursor",
        tags=["inboxes"],
        parameters=[
            USER_ID,
            _query("since", {"type": "integer", "minimum": 0, "maximum": limits.MAX_ID, "default": 0}),
            _query("epoch", {"type": "string", "pattern": f"^[!-~]{{0,{EPOCH_MAX}}}$"}),
            _query(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": limits.CHANGES_MAX, "default": limits.CHANGES_MAX},
            ),
        ],
        responses={
            200: PolymorphicProxySerializer(
                component_name="Range",
                serializers=[shapes.ChangesSerializer, shapes.SnapshotSerializer],
                resource_type_field_name=None,
            ),
            **_problems(404),
        },
        examples=[
            _answered(
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
    mark=extend_schema(
        operation_id="mark_inbox",
        summary="Mark many, or all",
        description="By `ids`, or all up to `up_to`; what is newer is left alone. Foreign ids are not counted.",
        tags=["inboxes"],
        parameters=[USER_ID],
        request=shapes.MarkSerializer,
        responses={200: shapes.MarkAnswerSerializer, **_problems(404, *BODY)},
        examples=[
            _asked({"action": "read", "up_to": 812}),
            _answered({"changed": 4, "up_to": 812, "unread": 0, "unseen": 0, "seq": 61}),
        ],
    ),
)

_describe(
    TokenViewSet,
    create=extend_schema(
        operation_id="mint_token",
        summary="Mint a user token for a browser or an app",
        tags=["tokens"],
        request=shapes.TokenRequestSerializer,
        responses={201: shapes.TokenSerializer, **_problems(*BODY)},
        examples=[
            _asked({"user_id": 123, "ttl_seconds": 3600}),
            _answered({"token": "eyJhbGciOi…", "expires_at": "2026-11-22T11:00:00.000000Z"}, "201"),
        ],
    ),
)
