"""What the caller may do: the table of docs/security.md, asked before anything is looked up."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from notifications import limits
from notifications.actions.access import Action, Principal
from notifications.conf import get_options


class IsKnown(BasePermission):
    """Somebody is asking; what they may do is each method's question."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Principal)


def require(principal: Principal, action: Action) -> None:
    """To every inbox; PermissionDenied otherwise."""
    if not principal.may(action):
        raise PermissionDenied(f"This needs the right to {action}.")


def require_inbox(principal: Principal, action: Action, user_id: str) -> None:
    """To this inbox; PermissionDenied otherwise."""
    if not principal.may_inbox(action, user_id):
        raise PermissionDenied("This inbox is not yours.")


def require_topic(principal: Principal, topic: str) -> None:
    """Users come and go as they like only where a topic is open to them; PermissionDenied otherwise."""
    if not principal.may(Action.UPDATE) and topic not in get_options().OPEN_TOPICS:
        raise PermissionDenied("This topic is not open to users.")


def reach(principal: Principal, action: Action) -> str | None:
    """The one inbox the caller may do this to, or None for all of them; PermissionDenied when there is none."""
    if principal.may(action):
        return None
    if principal.user_id is None:
        raise PermissionDenied(f"This needs the right to {action}.")
    return principal.user_id


_INTEGER = re.compile(r"-?[0-9]+")


def inbox_of_path(text: str, principal: Principal) -> str:
    """The user_id in a path, ``me`` being the caller's own. A number that is none is 404, other nonsense 400."""
    if text == "me":
        if principal.user_id is None:
            raise Http404("This credential has no inbox of its own.")
        return principal.user_id
    try:
        return limits.clean_user_id(text)
    except ValidationError as problem:
        if _INTEGER.fullmatch(text):
            raise Http404 from None
        raise ValidationError({"user_id": problem}) from None


_ID = re.compile(r"[1-9][0-9]{0,18}")


def notification_of_path(text: str) -> int:
    """The notification id in a path; what cannot be one is 404."""
    if _ID.fullmatch(text) and int(text) <= limits.MAX_ID:
        return int(text)
    raise Http404
