"""How long notifications are kept: the rules of ``RETENTION`` as a condition on rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from notifications.conf import parse_days
from notifications.models.states import LIVE

Rules = Mapping[str, int | str | None]
"""identifier, or prefix with ``*``, or ``*`` → days, or None to keep."""


def overdue(rules: Rules, *, now: datetime) -> Q | None:
    """The live notifications that were created longer ago than their rule allows; None when no rule ends anything.

    The exact identifier wins over a prefix, a longer prefix over a shorter one, ``*`` is for the rest.
    """
    limits = {pattern: _limit(days, now) for pattern, days in rules.items()}
    latest = max((limit for limit in limits.values() if limit is not None), default=None)
    if latest is None:
        return None
    ordered = sorted(limits, key=lambda pattern: (pattern.endswith("*"), -len(pattern)))
    cases = [When(_matches(pattern), then=_moment(limits[pattern])) for pattern in ordered if pattern != "*"]
    limit = Case(*cases, default=_moment(limits.get("*")), output_field=DateTimeField())
    # The second bound says nothing new, but there is an index for it.
    return LIVE & Q(created_at__lt=limit) & Q(created_at__lt=latest)


def _limit(days: int | str | None, now: datetime) -> datetime | None:
    return None if days is None else now - timedelta(days=parse_days(days))


def _moment(limit: datetime | None) -> Value:
    return Value(limit, output_field=DateTimeField(null=True))


def _matches(pattern: str) -> Q:
    if not pattern.endswith("*"):
        return Q(identifier=pattern)
    prefix = pattern[:-1]
    # Not startswith: SQLite's LIKE takes ORDER for order.
    matches: Any = Exact(Left(F("identifier"), len(prefix)), prefix)
    return Q(matches)
