"""What every viewset of the API shares: its doorkeepers, set here and not by a project's REST_FRAMEWORK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from notifications.actions.access import Principal
from notifications.trace import note_caller
from notifications.wire.queries import refuse_parameters

from .authentication import BearerAuthentication, DevelopmentAuthentication, SessionAuthentication
from .parsers import StrictJSONParser
from .permissions import IsKnown
from .problems import answer
from .reading import Settle, bring_up
from .renderers import JSONRenderer, NoNegotiation
from .throttles import AddressThrottle, PrincipalThrottle


class EngineViewSet(ViewSet):
    """An action not in ``reads_query`` takes no query parameter."""

    authentication_classes = [BearerAuthentication, SessionAuthentication, DevelopmentAuthentication]
    permission_classes = [IsKnown]
    throttle_classes = [PrincipalThrottle]
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = NoNegotiation
    metadata_class = None
    versioning_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    reads_query: frozenset[str] = frozenset()
    settle: Settle = staticmethod(bring_up)
    """What is done about an inbox that has to be written before it can be read."""

    @classmethod
    def as_view(cls, actions: Any = None, **initkwargs: Any) -> Any:
        # Each verb is its own transaction; one around the request would hide an idempotency claim from its rival.
        return transaction.non_atomic_requests(super().as_view(actions, **initkwargs))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        address = AddressThrottle()
        if not address.allow_request(request, self):
            self.throttled(request, address.wait())
        if (request.method or "").lower() not in self.http_method_names or self.action is None:
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if self.action not in self.reads_query:
            refuse_parameters(self.query_string)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.auth, Principal):
            note_caller(request.auth.kind, request.auth.name)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-cache")
        return final

    def get_exception_handler(self) -> Callable[..., Any]:
        return answer

    @property
    def principal(self) -> Principal:
        return cast("Principal", self.request.auth)

    @property
    def query_string(self) -> str:
        return str(self.request.META.get("QUERY_STRING", ""))
