"""Shares of much work: inboxes that hold a few thousand rows of it together, so that no transaction is long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from notifications.models.changing import INBOXES
from notifications.models.queryset import NotificationQuerySet

ROWS = 5_000
"""In one transaction: a lock of some 50 ms."""


def shares(
    rows: NotificationQuerySet, counted: Iterable[tuple[str, int]]
) -> Iterator[tuple[list[str], NotificationQuerySet]]:
    """``counted``: user_ids, and how many of ``rows`` each holds.

    In user_id order up to 1,000 inboxes that hold up to 5,000 rows together; one that holds more, in several turns.
    """
    share: list[str] = []
    size = 0
    for user_id, number in sorted(counted):
        if number > ROWS:
            for part in _parts(rows.filter(user_id=user_id)):
                yield [user_id], part
            continue
        if size + number > ROWS or len(share) == INBOXES:
            yield share, rows
            share, size = [], 0
        share.append(user_id)
        size += number
    if share:
        yield share, rows


def _parts(rows: NotificationQuerySet) -> Iterator[NotificationQuerySet]:
    rest = rows.order_by("pk")
    while (bound := rest.values_list("pk", flat=True)[ROWS - 1 : ROWS].first()) is not None:
        yield rest.filter(pk__lte=bound)
        rest = rest.filter(pk__gt=bound)
    yield rest
