"""Who is asking: a bearer credential, then the session, then development mode. ``request.auth`` is the Principal."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from notifications.actions.access import DEVELOPMENT, Principal
from notifications.actions.caller import Caller
from notifications.actions.credentials import authenticate_header, authenticate_user
from notifications.exceptions import NotAuthenticated

Found = tuple[Any, Principal] | None


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer`` with an API key or a user token. Any such header is explicit: a bad one is 401."""

    def authenticate(self, request: Request) -> Found:
        header = request.META.get("HTTP_AUTHORIZATION")
        if header is None:
            return None
        try:
            return AnonymousUser(), authenticate_header(header)
        except NotAuthenticated as problem:
            raise AuthenticationFailed(str(problem)) from None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(BaseAuthentication):
    """Django's session, if a middleware has read it; unsafe methods need the CSRF token."""

    def authenticate(self, request: Request) -> Found:
        http = request._request
        user = getattr(http, "user", None)
        principal = authenticate_user(user, getattr(http, "session", None))
        if principal is None:
            return None
        http.POST = QueryDict()  # the token comes in the header: a form, which nobody here takes, is not even read
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
        check.process_request(http)
        if reason := check.process_view(http, _no_view, (), {}):
            raise PermissionDenied(f"CSRF: {reason}")
        return user, principal


class DevelopmentAuthentication(BaseAuthentication):
    """Development mode: a local request without a credential has full rights."""

    def authenticate(self, request: Request) -> Found:
        caller = Caller.of_request(request._request)
        return (AnonymousUser(), DEVELOPMENT) if caller.is_trusted_developer else None


def _no_view(request: HttpRequest) -> HttpResponse:
    """The check asks the view only whether it is exempt."""
    return HttpResponse()
