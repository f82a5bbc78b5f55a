"""Django's requests, each answered in one thread from the first middleware to the last."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from io import BytesIO
from typing import Any

from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.http import FileResponse, HttpResponseBadRequest
from django.urls import set_script_prefix

from notifications.api.bodies import gather
from notifications.api.guard import refuse
from notifications.api.problems import is_ours, response_of
from notifications.limits import BATCH_BODY_MAX
from notifications.wire.problems import Problem, Refused

THREADS = 64
"""Made as they are needed, and kept. Many more than the database has connections for a worker: those that wait for one
that is away must leave some to say that the process lives.
"""
BODY_MAX = BATCH_BODY_MAX
"""On any path: no form of the administration sends a file, so nothing is larger than a batch, and none goes to disk."""


class RequestHandler(ASGIHandler):
    """For views and middlewares that are synchronous, as all of the service's are.

    Django's own starts a thread for each request, and changes between it and the event loop for each middleware: some
    twenty times, which took more than the request itself.
    """

    def __init__(self) -> None:
        # Not ASGIHandler's own, which would load the middlewares for the event loop.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self.load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            message = await gather(receive, BODY_MAX)
        except Refused as refused:
            await refuse(send, refused.problem)
            return
        if message["type"] == "http.disconnect":
            return
        body = BytesIO(message["body"])
        loop = asyncio.get_running_loop()
        response = await loop.run_in_executor(self._threads, copy_context().run, self._answer, scope, body)
        await self.send_response(response, send)
        if response.streaming:
            await loop.run_in_executor(self._threads, response.close)

    def create_request(self, scope: Any, body_file: Any) -> Any:
        """The request, or the refusal of one that Django cannot read: most of those it would let end as a 500."""
        try:
            request = self.request_class(scope, body_file)
            request.encoding = "utf-8"  # of forms: their type may name a codec that is no text (hex)
            return request, None
        except (BadRequest, TypeError, ValueError):  # of its type, or of a query that is not in UTF-8
            return None, response_of(Problem(400)) if is_ours(scope["path"]) else HttpResponseBadRequest()

    def _answer(self, scope: Any, body: Any) -> Any:
        """In a thread. What is whole is closed here, so that its database connection is free before it is sent."""
        try:
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=type(self), scope=scope)
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else self.get_response(request)
            response._handler_class = type(self)  # what request_finished names as its sender
            if isinstance(response, FileResponse):
                response.block_size = self.chunk_size
            if not response.streaming:
                response.close()
            return response
        finally:
            body.close()
