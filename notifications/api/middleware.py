"""The outermost middleware: no error page of Django's, or of another middleware, leaves the API as HTML."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from notifications.wire.problems import MEDIA_TYPE, Problem

from .problems import PREFIXES, is_ours, response_of

logger = logging.getLogger("notifications.api")

KEPT = ("Allow", "Retry-After", "WWW-Authenticate", "Vary", "Access-Control-Allow-Origin")


class ProblemMiddleware:
    """A project that mounts the app elsewhere subclasses it with its own ``prefixes``."""

    sync_capable = True
    async_capable = True
    prefixes: tuple[str, ...] = PREFIXES

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._is_async:
            return self._call_async(request)
        return self._refuse(request) or self._translate(request, self._get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        return self._refuse(request) or self._translate(request, await self._get_response(request))

    def _refuse(self, request: HttpRequest) -> HttpResponse | None:
        """An unknown Host, before Django writes a traceback of it into the log."""
        if is_ours(request.path_info, self.prefixes):
            try:
                request.get_host()
            except DisallowedHost:
                logger.warning("Refused a request for an unknown host.")
                return response_of(Problem(400, detail="This service does not answer for this host."))
        return None

    def _translate(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code < 400 or not is_ours(request.path_info, self.prefixes):
            return response
        if response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        problem: HttpResponse = response_of(Problem(response.status_code))
        for name in KEPT:
            if name in response:
                problem[name] = response[name]
        problem.cookies = response.cookies
        return problem
