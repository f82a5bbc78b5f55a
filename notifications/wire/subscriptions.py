"""Subscriptions as REST shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notifications.limits import user_id_to_json
from notifications.models import Subscription

from .notification import time_to_wire

Object = dict[str, Any]


def page(rows: Sequence[Subscription], *, after: str | None, before: str | None) -> Object:
    """``after`` and ``before`` are the addresses of the neighbouring pages."""
    return {"next": after, "previous": before, "results": [_subscription(row) for row in rows]}


def _subscription(row: Subscription) -> Object:
    return {
        "topic": row.topic,
        "user_id": user_id_to_json(row.user_id),
        "created_at": time_to_wire(row.created_at),
    }
