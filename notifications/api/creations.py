"""Creating one or many over REST: how the body is read, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import status

from notifications.actions.notify import Stored, drafts_of
from notifications.models import Notification
from notifications.wire import answers, bodies
from notifications.wire.notification import to_text, to_wire
from notifications.wire.strict_json import dumps

from .parsers import parse_object

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Creation:
    """``drafts``: the checked notifications of a body, and when they were created. The others: what is answered for
    them, stored in that order.
    """

    drafts: Callable[[bytes, datetime], list[Notification]]
    status: Callable[[Sequence[Stored]], int]
    body: Callable[[Sequence[Stored]], dict[str, Any]]
    text: Callable[[Sequence[Stored]], str]
    """The body as JSON."""

    def answer(self, stored: Sequence[Stored]) -> Answer:
        return self.status(stored), self.body(stored)


def _draft(raw: bytes, now: datetime) -> list[Notification]:
    return [Notification.from_input(parse_object(raw), now=now)]


def _status_of_one(stored: Sequence[Stored]) -> int:
    return status.HTTP_201_CREATED if stored[0][1] else status.HTTP_200_OK


def _drafts(raw: bytes, now: datetime) -> list[Notification]:
    items = bodies.parse_batch(parse_object(raw))
    try:
        return drafts_of(items, now=now)
    except ValidationError as problem:
        raise bodies.in_batch(problem) from None


def _body_of_many(stored: Sequence[Stored]) -> dict[str, Any]:
    return answers.batch([row.pk for row, _ in stored], sum(is_new for _, is_new in stored))


ONE = Creation(
    drafts=_draft,
    status=_status_of_one,
    body=lambda stored: to_wire(stored[0][0]),
    text=lambda stored: to_text(stored[0][0]),
)
BATCH = Creation(
    drafts=_drafts,
    status=lambda _: status.HTTP_201_CREATED,
    body=_body_of_many,
    text=lambda stored: dumps(_body_of_many(stored)),
)
