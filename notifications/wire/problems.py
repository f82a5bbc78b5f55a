"""What every error looks like: RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

MEDIA_TYPE = "application/problem+json"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
"""A header of every 401."""
ERRORS_MAX = 100
"""More bad fields than this are not named: an answer must not be many times its question."""
FIELD_MAX = 200

# Spelt out because http.HTTPStatus changes its words between Python versions.
TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    429: "throttled",
    500: "internal_error",
    503: "unavailable",
}
DETAILS = {
    400: "The request could not be understood.",
    401: "Say who you are: Authorization: Bearer with an API key or a user token.",
    403: "This is not for you.",
    404: "There is no such object that you may see.",
    405: "This method is not supported here.",
    408: "The body did not come in time.",
    413: "The body is too large.",
    415: "Send application/json in UTF-8.",
    429: "Too many requests; wait and try again.",
    500: "Something went wrong here. It was logged.",
    503: "Something this needs is away; try again shortly.",
}


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """``field`` is a member, ``notifications[3].title`` in a batch, a query parameter or a header."""

    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class Problem:
    """One error answer; code and detail follow from the status unless given."""

    status: int
    code: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        return {
            "type": "about:blank",
            "title": TITLES.get(self.status, "Error"),
            "status": self.status,
            "code": self.code or CODES.get(self.status, "error"),
            "detail": self.detail or DETAILS.get(self.status, TITLES.get(self.status, "Error")),
            "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in self.errors],
        }


class Refused(Exception):
    """Raised where a request cannot be served, and answered with its problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.status, problem.code)
        self.problem = problem


def malformed_json(detail: str) -> Problem:
    return Problem(400, "malformed_json", detail)


def invalid(error: ValidationError) -> Problem:
    """What is wrong with the input, field by field."""
    errors = tuple(_field_errors(error))
    if not errors:
        return Problem(400, "invalid", " ".join(error.messages))
    detail = "The input is not valid."
    if len(errors) > ERRORS_MAX:
        detail = f"The input is not valid; the first {ERRORS_MAX} of {len(errors)} errors are named."
    return Problem(400, "invalid", detail, errors[:ERRORS_MAX])


def _field_errors(error: ValidationError) -> Iterator[FieldError]:
    for name, found in getattr(error, "error_dict", {}).items():
        for one in found:
            yield FieldError(field=_printable(name), code=one.code or "invalid", detail=" ".join(one.messages))


def _printable(name: str) -> str:
    """A field's name may be whatever the client made up."""
    text = name.encode("utf-8", "replace").decode()
    return text if len(text) <= FIELD_MAX else f"{text[:FIELD_MAX]}…"
