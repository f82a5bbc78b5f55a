"""Which errors an operation may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse

from notifications.wire import serializers as shapes
from notifications.wire.problems import MEDIA_TYPE

PROBLEMS = {
    400: "The input is not valid: `errors` names each field.",
    401: "Not known: no credential, or a bad one.",
    403: "Known, and not for you.",
    404: "No such object that you may see.",
    405: "This method is not supported here; see Allow.",
    408: "The body did not come within 30 s.",
    409: "The first request with this Idempotency-Key is still running, or the announcement is over.",
    413: "The body is too large.",
    415: "Another content type than application/json in UTF-8.",
    422: "This Idempotency-Key came with another request.",
    429: "Too many requests; see Retry-After.",
    503: "The database is away, or too many large bodies are on their way; see Retry-After.",
}
BODY = (408, 413, 415)
KEYED = (*BODY, 409, 422)


def problems(*statuses: int) -> dict[Any, Any]:
    return {
        (status, MEDIA_TYPE): OpenApiResponse(shapes.ProblemSerializer, description=PROBLEMS[status])
        for status in sorted({400, 401, 403, 405, 429, 503, *statuses})
    }
