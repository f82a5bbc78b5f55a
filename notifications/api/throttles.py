"""How Django REST framework asks whether a request is within its rates."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from notifications.actions.access import Principal

from .rates import ADMITTED, Counted, counted_address, counted_principal, is_admitted, seconds_left


class FixedWindowThrottle(BaseThrottle):
    """So many requests in each window of the clock."""

    def counted(self, request: Request) -> Counted | None:
        """Who is counted, if anybody."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: APIView) -> bool:
        counted = self.counted(request)
        if counted is None or counted in _admitted(request) or is_admitted(counted):
            return True
        self._wait = seconds_left(counted)
        return False

    def wait(self) -> float:
        return self._wait


class AddressThrottle(FixedWindowThrottle):
    """Before authentication, so that trying out credentials is limited, too."""

    def counted(self, request: Request) -> Counted:
        return counted_address(request.META)


class PrincipalThrottle(FixedWindowThrottle):
    def counted(self, request: Request) -> Counted | None:
        return counted_principal(cast("Principal", request.auth))


def _admitted(request: Request) -> Set[Counted]:
    """By which rates another lane has counted it already."""
    scope: dict[str, Any] = getattr(request._request, "scope", {})
    admitted: Set[Counted] = scope.get(ADMITTED, frozenset())
    return admitted
