"""Creating one or many over REST: how the body is read, and what is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import status

from notifications.actions.notify import Stored, drafts_of
from notifications.models import Notification
from notifications.wire import answers, bodies
from notifications.wire.notification import to_wire

from .parsers import parse_object

Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Creation:
    """``drafts``: the checked notifications of a body. ``answer``: status and body for them, stored in that order."""

    drafts: Callable[[bytes], list[Notification]]
    answer: Callable[[Sequence[Stored]], Answer]


def _draft(raw: bytes) -> list[Notification]:
    return [Notification.from_input(parse_object(raw))]


def _answer_one(stored: Sequence[Stored]) -> Answer:
    ((notification, is_new),) = stored
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK, to_wire(notification)


def _drafts(raw: bytes) -> list[Notification]:
    items = bodies.parse_batch(parse_object(raw))
    try:
        return drafts_of(items)
    except ValidationError as problem:
        raise bodies.in_batch(problem) from None


def _answer_many(stored: Sequence[Stored]) -> Answer:
    return status.HTTP_201_CREATED, answers.batch([row.pk for row, _ in stored], sum(is_new for _, is_new in stored))


ONE = Creation(drafts=_draft, answer=_answer_one)
BATCH = Creation(drafts=_drafts, answer=_answer_many)
