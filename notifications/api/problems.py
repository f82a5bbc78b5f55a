"""From an exception, whoever raised it, to a problem document."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    ValidationError,
)
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from notifications.wire.problems import CHALLENGE, MEDIA_TYPE, Problem, Refused, invalid, malformed_json
from notifications.wire.strict_json import MalformedJSON, dumps

logger = logging.getLogger("notifications.api")

PREFIXES = ("/notifications", "/api")
"""Below these every error is a problem document."""
RETRY_SECONDS = "2"


def is_ours(path: str, prefixes: tuple[str, ...] = PREFIXES) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)


def answer(exception: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """The exception handler of every viewset here."""
    return response_of(problem_of(exception))


def problem_of(exception: BaseException) -> Problem:
    """What the client is told; of what nobody foresaw, nothing but that it was logged."""
    match exception:
        case Refused():
            return exception.problem
        case ValidationError():
            return invalid(exception)
        case MalformedJSON():
            return malformed_json(exception.detail)
        case exceptions.NotAuthenticated():
            return Problem(401, headers=CHALLENGE)
        case exceptions.AuthenticationFailed():
            return Problem(401, "authentication_failed", str(exception.detail), headers=CHALLENGE)
        case exceptions.PermissionDenied():
            return Problem(403, detail=str(exception.detail))
        case exceptions.Throttled():
            wait = max(1, math.ceil(getattr(exception, "wait", None) or 1))
            return Problem(429, detail=f"Too many requests; try again in {wait} s.", headers={"Retry-After": str(wait)})
        case exceptions.APIException():
            return Problem(exception.status_code)
        case Http404():
            return Problem(404, detail=str(exception))
        case PermissionDenied():
            return Problem(403)
        case RequestDataTooBig():
            return Problem(413)
        case (
            SuspiciousOperation() | BadRequest() | MultiPartParserError() | TooManyFieldsSent() | UnreadablePostError()
        ):
            return Problem(400)
        case DataError():  # a value the database cannot hold, such as NUL in a session cookie
            return Problem(400)
        case OperationalError() | InterfaceError():
            logger.warning("The database is away: %s", exception)
            return Problem(503, headers={"Retry-After": RETRY_SECONDS})
    logger.error("Unexpected exception", exc_info=exception)
    return Problem(500)


def response_of(problem: Problem) -> HttpResponse:
    body = dumps(problem.to_wire()).encode()
    headers = {**problem.headers, "Content-Length": str(len(body))}  # no middleware that would add it may be left
    return HttpResponse(body, status=problem.status, headers=headers, content_type=MEDIA_TYPE)


@login_not_required  # a project may want it of every view that does not say so
@csrf_exempt  # nothing is done here: a POST is as unknown as a GET
def no_such_path(request: HttpRequest, **_: object) -> HttpResponse:
    """The last route: anything else below /notifications."""
    return response_of(Problem(404, detail="There is no such path."))


# The service's handlers: problem documents for the API, Django's pages for people.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_ours(request.path_info):
        return defaults.bad_request(request, exception)
    problem = problem_of(exception)
    return response_of(problem if problem.status in (400, 413) else Problem(400))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return response_of(Problem(403)) if is_ours(request.path_info) else defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_ours(request.path_info):
        return defaults.page_not_found(request, exception)
    return response_of(Problem(404, detail="There is no such path."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled, by Django, which has logged it."""
    if not is_ours(request.path_info):
        return defaults.server_error(request)
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return response_of(Problem(503, headers={"Retry-After": RETRY_SECONDS}))
    return response_of(Problem(500))
