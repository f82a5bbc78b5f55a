"""What REST answers, besides a single notification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifications.limits import user_id_to_json
from notifications.models import Notification
from notifications.models.change import Changes, Head, Snapshot
from notifications.models.page import Row

from .notification import time_to_wire, to_wire

Object = dict[str, Any]


def page(rows: Sequence[Notification | Row], *, older: str | None, newer: str | None) -> Object:
    """``older`` and ``newer`` are the addresses of the neighbouring pages; the newest rows come first."""
    return {"next": older, "previous": newer, "results": [to_wire(row) for row in rows]}


def inbox(head: Head, page: Object) -> Object:
    return {
        "user_id": user_id_to_json(head.user_id),
        "epoch": head.epoch,
        "seq": head.seq,
        "unread": head.unread,
        "unseen": head.unseen,
        **page,
    }


def counts(head: Head, by_identifier: Mapping[str, int]) -> Object:
    return {
        "unread": head.unread,
        "unseen": head.unseen,
        "seq": head.seq,
        "epoch": head.epoch,
        "by_identifier": dict(by_identifier),
    }


def changes(found: Changes | Snapshot) -> Object:
    """A range from ``from`` to ``to``, or the snapshot that replaces everything."""
    if isinstance(found, Snapshot):
        position: Object = {"mode": "snapshot", "reason": found.reason, "epoch": found.head.epoch, "to": found.head.seq}
    else:
        position = {"mode": "changes", "epoch": found.head.epoch, "from": found.start, "to": found.to}
    return {
        **position,
        "unread": found.head.unread,
        "unseen": found.head.unseen,
        "more": found.more,
        "items": [to_wire(row) for row in found.rows],
    }


def marked(changed: int, up_to: int | None, head: Head) -> Object:
    return {"changed": changed, "up_to": up_to, "unread": head.unread, "unseen": head.unseen, "seq": head.seq}


def batch(ids: Sequence[int], created: int) -> Object:
    return {"created": created, "ids": list(ids)}


def token(text: str, expires_at: datetime) -> Object:
    return {"token": text, "expires_at": time_to_wire(expires_at)}
