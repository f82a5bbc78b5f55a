"""The one shape of a notification: REST bodies, socket items and Python serialisation."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from notifications.limits import user_id_to_json
from notifications.models import Notification
from notifications.models.page import Row

from .strict_json import dumps


def to_wire(notification: Notification | Row) -> dict[str, Any]:
    """The object of a live notification, or the tombstone of a deleted one."""
    if notification.deleted_at is not None:
        return {"id": notification.id, "seq": notification.seq, "deleted": True}
    created_at, updated_at = notification.created_at, notification.updated_at
    created = time_to_wire(created_at)
    return {
        "id": notification.id,
        "user_id": user_id_to_json(notification.user_id),
        "seq": notification.seq,
        "title": notification.title,
        "description": notification.description,
        "identifier": notification.identifier,
        "data": notification.data,
        "action_url": notification.action_url,
        "priority": notification.priority,
        "is_read": notification.read_at is not None,
        "read_at": time_to_wire(notification.read_at),
        "seen_at": time_to_wire(notification.seen_at),
        "archived_at": time_to_wire(notification.archived_at),
        "created_at": created,
        "updated_at": created if updated_at == created_at else time_to_wire(updated_at),
        "expires_at": time_to_wire(notification.expires_at),
    }


def to_text(notification: Notification | Row) -> str:
    """The object as JSON, made once for all who are told of a change: sockets, other processes, who made it."""
    if isinstance(notification, Row):
        return dumps(to_wire(notification))
    kept: tuple[int, str] | None = notification.__dict__.get(_TEXT)
    if kept is None or kept[0] != notification.seq:  # every change takes a number
        kept = notification.__dict__[_TEXT] = notification.seq, dumps(to_wire(notification))
    return kept[1]


_TEXT = "_text"


def time_to_wire(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds and ``Z``."""
    if moment is None:
        return None
    return _utc_to_wire(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


@lru_cache(maxsize=256)
def _utc_to_wire(moment: datetime) -> str:
    """What is stored together shares its moment. In other zones two moments may be equal that are not the same."""
    # Not strftime(): it takes twice as long, and does not pad the year on every platform.
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"
