"""Which identifiers there are, told by jumping over the index: a million rows of one cost one look."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from notifications.models import Notification

OFFERED = 30
COMPLETED = 10


def first_identifiers() -> list[str]:
    """The first 30 in alphabetical order."""
    return list(islice(_from(""), OFFERED))


def identifiers_beginning_with(prefix: str) -> list[str]:
    """Up to 10 that begin with the prefix, as it is or in capitals or small letters."""
    found: dict[str, None] = {}
    for spelling in dict.fromkeys((prefix, prefix.upper(), prefix.lower())):
        for identifier in _from(spelling):
            if not identifier.startswith(spelling) or len(found) == COMPLETED:
                break
            found[identifier] = None
    return list(found)


def _from(least: str) -> Iterator[str]:
    names = Notification.objects.order_by("identifier").values_list("identifier", flat=True)
    found = names.filter(identifier__gte=least).first()
    while found is not None:
        yield found
        found = names.filter(identifier__gt=found).first()
