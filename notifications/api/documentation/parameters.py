"""What paths, queries and headers take."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from notifications import limits
from notifications.wire import serializers as shapes
from notifications.wire.queries import SEARCH_MAX, STATUSES


def query(name: str, schema: dict[str, Any], description: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.QUERY, description=description)


def header(name: str, description: str, *, response: bool | list[int] = False, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        type={"type": "string", **schema},
        location=OpenApiParameter.HEADER,
        description=description,
        response=response,
    )


def path(name: str, schema: dict[str, Any], description: str) -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.PATH, required=True, description=description)


NOTIFICATION_ID = path("id", shapes.ID, "Id of a notification.")
_USER_ID = {"anyOf": [*shapes.USER_ID["anyOf"], {"const": "me"}]}
INBOX_OF_ID = path("id", _USER_ID, "A user_id, or `me`: the caller's own.")
USER_ID = path("user_id", _USER_ID, "A user_id, or `me`: the caller's own.")
KEY = [
    header(
        "Idempotency-Key",
        "A retry with the same key and body gets the first answer, for 24 hours.",
        minLength=1,
        maxLength=limits.IDEMPOTENCY_KEY_MAX,
        pattern="^[!-~]+$",
    ),
    header("Idempotent-Replayed", "`true` when this is the first answer again.", response=[200, 201]),
]
LIMIT = {"type": "integer", "minimum": 1, "maximum": limits.PAGE_MAX, "default": limits.PAGE_DEFAULT}
LIST = [
    query("identifier", shapes.IDENTIFIER),
    query("priority", shapes.PRIORITY),
    query(
        "status",
        {"type": "string", "enum": list(STATUSES)},
        "Without it: all that is not archived. `read` leaves the archived out, `all` has them.",
    ),
    query("created_after", shapes.MOMENT),
    query("created_before", shapes.MOMENT),
    query("search", {"type": "string", "minLength": 1, "maxLength": SEARCH_MAX}, "In title and description."),
    query("limit", LIMIT),
    query("cursor", {"type": "string", "minLength": 12, "maxLength": 12}, "From `next` or `previous`."),
]
