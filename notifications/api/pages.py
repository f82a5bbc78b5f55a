"""A page of an inbox that is open and has taken the board in, with its head."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from notifications.models import Inbox, Notification
from notifications.models.change import Head
from notifications.models.inbox import IS_BEHIND
from notifications.models.page import InboxPage, PagePrepared
from notifications.models.prepared import Blank, Prepared, blank
from notifications.wire.cursors import Cursor
from notifications.wire.queries import ListQuery

from .filters import matching
from .pagination import beyond
from .reading import Settle, settled


def page_of(user_id: str, query: ListQuery, settle: Settle) -> InboxPage:
    """Its rows are those of ``pagination.cut``. One statement, but for the first visit and the first after an
    announcement."""
    edge, shape = None, query
    if query.cursor is not None:
        edge, shape = query.cursor.id, replace(query, cursor=Cursor(query.cursor.direction, 1))
    is_usual = not (query.user_id or query.identifier or query.created_after or query.created_before or query.search)
    prepared = (_usual if is_usual else _prepare)(shape, Notification.objects.db)
    return settled(user_id, lambda: prepared.ask(user_id, edge=edge), settle)


def head_of(user_id: str, settle: Settle) -> Head:
    """The head alone, in one statement likewise."""
    return settled(user_id, lambda: _head(user_id), settle).head


def _head(user_id: str) -> InboxPage | None:
    found = _prepared_head(Inbox.objects.db).ask(user_id=user_id)
    if not found:
        return None
    ((epoch, seq, unread, unseen, is_behind),) = found
    head = Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=is_behind)
    return InboxPage(head=head, rows=())


@cache
def _prepared_head(using: str) -> Prepared:
    inbox = Inbox.objects.using(using).filter(pk=blank("user_id", Inbox._meta.pk))
    return Prepared(inbox.values_list("epoch", "seq", "unread", "unseen", IS_BEHIND))


def _prepare(query: ListQuery, using: str) -> PagePrepared:
    edge: Any = blank("edge", Notification._meta.pk)
    cursor = query.cursor and Cursor(query.cursor.direction, edge)
    rows = beyond(matching(query, user_id=Blank("user_id")).using(using), cursor, query.limit)
    return PagePrepared(rows, is_kept=replace(query, cursor=None, status=None) == ListQuery())


_usual = lru_cache(maxsize=256)(_prepare)
"""Those that differ in a few words, their limit and their direction alone."""
