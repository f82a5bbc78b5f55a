"""What the search box of the list of notifications finds: an inbox, a kind of message, or words."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Max, Q, QuerySet

from notifications.models import Inbox, Notification

from .bounded import SHOWN
from .identifiers import identifiers_beginning_with

WORDS_SOUGHT_IN = 100_000
"""Words are sought in so many of the newest rows (50 ms), or in all of one user's."""


def found(
    rows: QuerySet[Notification], text: str, *, of_one_user: bool, of_one_identifier: bool
) -> QuerySet[Notification]:
    """The newest thousand of ``rows`` whose user_id is the text, whose identifier begins with it, or with its words.

    Each part reads its own index and stops; one query that asks for any of them would read the whole table.
    """
    newest: set[int] = set()
    for part in _parts(rows, text, of_one_user=of_one_user, of_one_identifier=of_one_identifier):
        newest.update(part.order_by("-pk").values_list("pk", flat=True)[: SHOWN + 1])
    return rows.filter(pk__in=sorted(newest)[-SHOWN - 1 :])


def _parts(
    rows: QuerySet[Notification], text: str, *, of_one_user: bool, of_one_identifier: bool
) -> Iterator[QuerySet[Notification]]:
    if not of_one_user and Inbox.objects.filter(pk=text).exists():
        yield rows.filter(user_id=text)
    for identifier in () if of_one_identifier else identifiers_beginning_with(text):
        yield rows.filter(identifier=identifier)
    words = [Q(title__icontains=word) | Q(description__icontains=word) for word in text.split()]
    if not of_one_user:
        newest = Notification.objects.aggregate(newest=Max("pk"))["newest"] or 0
        # In front of the other conditions: of two bounds of an id, SQLite reads from the one it meets first.
        rows = Notification.objects.filter(pk__gt=newest - WORDS_SOUGHT_IN) & rows
    yield rows.filter(*words)
