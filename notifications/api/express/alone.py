"""Answering a call by itself: the method of its viewset, without the machinery around it. Runs in a thread."""

from __future__ import annotations

from io import BytesIO

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from notifications.actions.access import Principal
from notifications.actions.credentials import authenticate_header
from notifications.api.rates import admit, counted_address, counted_principal
from notifications.api.renderers import JSONRenderer
from notifications.exceptions import NotAuthenticated
from notifications.wire.problems import Refused
from notifications.wire.queries import refuse_parameters
from notifications.wire.strict_json import MalformedJSON

from .calls import Answer, Call

REFUSALS = (
    APIException, Http404, MalformedJSON, NotAuthenticated, ObjectDoesNotExist, PermissionDenied, Refused,
    ValidationError,
)  # fmt: skip
"""What a request is refused with, before anything is done: Django says it again, in its own words."""


def answer_alone(call: Call) -> Answer | None:
    """None when the call is refused."""
    try:
        principal = authenticate_header(call.authorization)
        if not admit_one(call, principal):
            return None
        return _run(call, principal)
    except REFUSALS:
        return None


def admit_one(call: Call, principal: Principal) -> bool:
    """Count it by its address and by its caller."""
    counted = [counted_address(call.meta), counted_principal(principal)]
    passed = admit({one: 1 for one in counted if one is not None})
    call.admitted = {one for one, number in passed.items() if number}
    return len(call.admitted) == len(passed)


def _run(call: Call, principal: Principal) -> Answer | None:
    request = Request(ASGIRequest(call.scope, BytesIO(call.body)))
    request.auth = principal
    view = call.viewset()
    view.request, view.action, view.args, view.kwargs = request, call.action, (), dict(call.values)
    if call.action not in view.reads_query:
        refuse_parameters(view.query_string)
    response = getattr(view, call.action)(request, **call.values)
    if response.status_code != 200:
        return None  # 304: it was only read
    own = tuple((b"etag", value.encode()) for name, value in response.items() if name == "ETag")
    return Answer(200, JSONRenderer().render(response.data), (principal.kind, principal.name), own)
