"""User tokens: a back end mints one, so that a browser or an app may use its user's inbox."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.actions.access import Action
from notifications.actions.tokens import mint_token
from notifications.wire import answers, bodies
from notifications.wire.problems import Problem, Refused

from .parsers import parse_object, read_body
from .permissions import require
from .viewset import EngineViewSet


class TokenViewSet(EngineViewSet):
    """``/notifications/tokens``"""

    def create(self, request: Request) -> Response:
        require(self.principal, Action.TOKENS)
        wanted = bodies.parse_token_request(parse_object(read_body(request._request)))
        try:
            token, expires_at = mint_token(wanted.user_id, wanted.ttl_seconds)
        except ImproperlyConfigured as problem:
            raise Refused(Problem(503, detail=str(problem))) from None
        headers = {"Cache-Control": "no-store"}
        return Response(answers.token(token, expires_at), status.HTTP_201_CREATED, headers=headers)
