"""One user's inbox: its pages, its counts, its changes, and marking many of its notifications."""

from __future__ import annotations

import hashlib
from functools import partial

from django.core.exceptions import ValidationError
from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import limits
from notifications.actions.access import Action
from notifications.actions.mark import mark
from notifications.actions.sync import changes_since
from notifications.models.change import Head
from notifications.wire import answers, bodies
from notifications.wire.queries import parse_changes, parse_list

from .counts import counts_of
from .pages import head_of, page_of
from .pagination import cut, link
from .parsers import parse_object, read_body
from .permissions import inbox_of_path, require_inbox
from .reading import answered
from .viewset import EngineViewSet


class InboxViewSet(EngineViewSet):
    """``/notifications/{user_id}`` and what lies below it; ``me`` is the caller's own."""

    reads_query = frozenset({"retrieve", "changes"})

    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002
        user_id = self._inbox(id, Action.READ)
        query = parse_list(self.query_string, me=self.principal.user_id)
        if query.user_id not in (None, user_id):
            raise ValidationError({"user_id": ValidationError("This is another user's inbox.", code="invalid")})
        if held := request.headers.get("If-None-Match"):
            headers = {"ETag": _etag(request, head_of(user_id, self.settle))}
            if _is_held(held, headers["ETag"]):
                return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
        found = page_of(user_id, query, self.settle)
        page = cut(found.rows, query.cursor, query.limit)
        listed = answers.page(page.rows, older=link(request, page.older), newer=link(request, page.newer))
        return Response(answers.inbox(found.head, listed), headers={"ETag": _etag(request, found.head)})

    def counts(self, request: Request, user_id: str) -> Response:
        found = counts_of(self._inbox(user_id, Action.READ), self.settle)
        return Response(answers.counts(found.head, found.by_identifier))

    def changes(self, request: Request, user_id: str) -> Response:
        user_id = self._inbox(user_id, Action.READ)
        query = parse_changes(self.query_string)
        page = min(query.limit, limits.PAGE_MAX)
        may_renew = self.principal.may_inbox(Action.UPDATE, user_id)
        ask = partial(
            changes_since, user_id, query.since, epoch=query.epoch, limit=query.limit, page=page, may_renew=may_renew
        )
        return Response(answers.changes(answered(user_id, ask, self.settle)))

    def mark(self, request: Request, user_id: str) -> Response:
        user_id = self._inbox(user_id, Action.UPDATE)
        wanted = bodies.parse_marking(parse_object(read_body(request._request)))
        done = mark(user_id, wanted.verb, ids=wanted.ids, up_to=wanted.up_to, identifier=wanted.identifier)
        return Response(answers.marked(done.changed, done.up_to, done.head))

    def _inbox(self, text: str, action: Action) -> str:
        user_id = inbox_of_path(text, self.principal)
        require_inbox(self.principal, action, user_id)
        return user_id


def _etag(request: Request, head: Head) -> str:
    """Weak: it is that of an inbox in a state, not of the bytes that say so."""
    asked = f"{head.epoch} {head.seq} {request.build_absolute_uri()}"
    return f'W/"{hashlib.sha256(asked.encode("utf-8", "surrogateescape")).hexdigest()[:32]}"'


def _is_held(text: str, etag: str) -> bool:
    held = parse_etags(text)
    return held == ["*"] or etag.removeprefix("W/") in {one.removeprefix("W/") for one in held}
