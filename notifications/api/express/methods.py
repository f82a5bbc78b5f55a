"""Answering calls by the methods of their viewsets, without the machinery around them. Runs in a thread."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from io import BytesIO

from django.core.handlers.asgi import ASGIRequest
from django.db import Error as DatabaseError
from rest_framework.request import Request

from notifications.api.reading import WouldWait, bring_up, refuse_to_wait
from notifications.api.renderers import JSONRenderer
from notifications.wire.queries import refuse_parameters

from .admission import Caller, Callers, admitted
from .calls import Answer, Call

logger = logging.getLogger("notifications.api")


def answer_alone(call: Call) -> None:
    """Give the call its answer. What is raised, or left unanswered, may be asked of Django again."""
    caller = Callers().of(call)
    if call.must_wait or admitted([(call, caller)]):  # or it was admitted already
        call.answer = _run(call, caller, may_wait=True)


def answer_reads(calls: Sequence[Call]) -> None:
    """Give each call its answer, if it only reads: one that writes might wait for a lock, and all the others with it.

    One look for all credentials, one round to the cache for all rates.
    """
    callers = Callers()
    known = []
    for call in calls:
        try:
            known.append((call, callers.of(call)))
        except DatabaseError:
            raise  # the others would meet it, too
        except Exception:
            logger.debug("The express lane passes a call on.", exc_info=True)
    for call, caller in admitted(known):
        try:
            call.answer = _run(call, caller, may_wait=False)
        except WouldWait:
            call.must_wait = True
        except DatabaseError:
            raise
        except Exception:
            logger.debug("The express lane passes a call on.", exc_info=True)


def _run(call: Call, caller: Caller, *, may_wait: bool) -> Answer | None:
    view = call.viewset()
    view.settle = bring_up if may_wait else refuse_to_wait
    view.request = request = Request(ASGIRequest(call.scope, BytesIO(call.body)))
    request.auth = principal = caller.principal
    if call.action not in view.reads_query:
        refuse_parameters(view.query_string)
    response = getattr(view, call.action)(request, **call.values)
    if response.status_code != 200:
        return None  # 304: it was only read
    own = tuple((b"etag", value.encode()) for name, value in response.items() if name == "ETag")
    return Answer(200, JSONRenderer().render(response.data), (principal.kind, principal.name), own)
