"""Everything held about one user as one JSON document, in pieces of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from notifications.limits import user_id_to_json
from notifications.models import IdempotencyRecord, Inbox, Notification, Subscription

from .notification import time_to_wire, to_wire
from .strict_json import dumps, loads


def document(
    user_id: str,
    *,
    now: datetime,
    inbox: Inbox | None,
    unread_by_identifier: Mapping[str, int],
    notifications: Iterable[Notification],
    subscriptions: Iterable[Subscription],
    answers: Iterable[IdempotencyRecord],
) -> Iterator[str]:
    """A document cut short is no JSON, so nobody takes half of it for the whole. One notification on each line."""
    yield f'{{"user_id":{dumps(user_id_to_json(user_id))},"exported_at":{dumps(time_to_wire(now))},\n'
    yield f'"inbox":{dumps(None if inbox is None else _inbox(inbox))},\n'
    yield f'"unread_by_identifier":{dumps(dict(unread_by_identifier))},\n'
    yield '"notifications":['
    yield from _lines(map(_notification, notifications))
    yield '],\n"subscriptions":['
    yield from _lines({"topic": one.topic, "created_at": time_to_wire(one.created_at)} for one in subscriptions)
    yield '],\n"idempotency_answers":['
    yield from _lines(map(_answer, answers))
    yield "]}\n"


def _lines(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    separator = "\n"
    for item in items:
        yield separator + dumps(item)
        separator = ",\n"


def _inbox(inbox: Inbox) -> dict[str, Any]:
    return {
        "epoch": inbox.epoch,
        "seq": inbox.seq,
        "unread": inbox.unread,
        "unseen": inbox.unseen,
        "horizon": inbox.horizon,
        "created_at": time_to_wire(inbox.created_at),
    }


def _notification(row: Notification) -> dict[str, Any]:
    """The one shape, and besides it what is stored but never shown."""
    item = to_wire(row)
    if row.deleted_at is not None:
        item["identifier"] = row.identifier
        item["created_at"] = time_to_wire(row.created_at)
        item["deleted_at"] = time_to_wire(row.deleted_at)
    if row.dedupe_key is not None:
        item["dedupe_key"] = row.dedupe_key
    return item


def _answer(record: IdempotencyRecord) -> dict[str, Any]:
    return {"key": record.key, "claimed_at": time_to_wire(record.claimed_at), "answer": loads(record.body)}
