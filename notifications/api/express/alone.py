"""Answering a call by itself: the method of its viewset, without the machinery around it. Runs in a thread."""

from __future__ import annotations

from io import BytesIO

from django.core.handlers.asgi import ASGIRequest
from rest_framework.request import Request

from notifications.actions.access import Principal
from notifications.actions.credentials import authenticate_header
from notifications.api.rates import admit
from notifications.api.renderers import JSONRenderer
from notifications.wire.queries import refuse_parameters

from .calls import Answer, Call


def answer_alone(call: Call) -> None:
    """Give the call its answer. What is raised, or left unanswered, may be asked of Django again."""
    principal = authenticate_header(call.authorization)
    passed = admit(dict.fromkeys(call.counted(principal), 1))
    call.admitted = {one for one, number in passed.items() if number}
    if len(call.admitted) == len(passed):
        call.answer = _run(call, principal)


def _run(call: Call, principal: Principal) -> Answer | None:
    view = call.viewset()
    view.request = request = Request(ASGIRequest(call.scope, BytesIO(call.body)))
    request.auth = principal
    if call.action not in view.reads_query:
        refuse_parameters(view.query_string)
    response = getattr(view, call.action)(request, **call.values)
    if response.status_code != 200:
        return None  # 304: it was only read
    own = tuple((b"etag", value.encode()) for name, value in response.items() if name == "ETag")
    return Answer(200, JSONRenderer().render(response.data), (principal.kind, principal.name), own)
