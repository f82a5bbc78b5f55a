"""What paths, queries and headers take."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from notifications import limits
from notifications.wire import schemas
from notifications.wire.queries import SEARCH_MAX, STATUSES


def query(name: str, schema: schemas.Schema, description: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.QUERY, description=description)


def header(name: str, description: str, *, response: bool | list[int] = False, **schema: Any) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        type={"type": "string", **schema},
        location=OpenApiParameter.HEADER,
        description=description,
        response=response,
    )


def path(name: str, schema: schemas.Schema, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, type=schema, location=OpenApiParameter.PATH, required=True, description=description)


NOTIFICATION_ID = path("id", schemas.ID, "Id of a notification.")
_USER_ID = {"anyOf": [*schemas.USER_ID["anyOf"], {"const": "me"}]}
INBOX_OF_ID = path("id", _USER_ID, "A user_id, or `me`: the caller's own.")
USER_ID = path("user_id", _USER_ID, "A user_id, or `me`: the caller's own.")
KEY = [
    header(
        "Idempotency-Key",
        "A retry with the same key and body gets the first answer, for 24 hours.",
        minLength=1,
        maxLength=limits.IDEMPOTENCY_KEY_MAX,
        pattern=schemas.VISIBLE_ASCII,
    ),
    header("Idempotent-Replayed", "`true` when this is the first answer again.", response=[200, 201, 202]),
]
LIST = [
    query("identifier", schemas.IDENTIFIER),
    query("priority", schemas.PRIORITY),
    query(
        "status",
        {"type": "string", "enum": list(STATUSES)},
        "Without it: all that is not archived. `read` leaves the archived out, `all` has them.",
    ),
    query("created_after", schemas.MOMENT),
    query("created_before", schemas.MOMENT),
    query("search", {"type": "string", "minLength": 1, "maxLength": SEARCH_MAX}, "In title and description."),
    query("limit", schemas.integer(1, limits.PAGE_MAX, default=limits.PAGE_DEFAULT)),
    query("cursor", {"type": "string", "minLength": 12, "maxLength": 12}, "From `next` or `previous`."),
]
