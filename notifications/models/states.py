"""The states of a notification as conditions, and the verbs that move rows between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Q

LIVE = Q(deleted_at__isnull=True)
ACTIVE = LIVE & Q(archived_at__isnull=True)
UNREAD = ACTIVE & Q(read_at__isnull=True)
UNSEEN = UNREAD & Q(seen_at__isnull=True)
"""What is read is seen. Said to the database, which finds it among the unread: few, in an inbox with a past."""
READ = ACTIVE & Q(read_at__isnull=False)
ARCHIVED = LIVE & Q(archived_at__isnull=False)
NEVER_READ = LIVE & Q(read_at__isnull=True)
"""Archived or not: what is marked read, and seen."""
NONE = Q(pk__in=[])


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A change of state, as data.

    ``changes``: the rows it changes, so that doing it twice changes nothing. ``sets``: column → SQL, ``{now}`` being
    the moment. ``unread`` and ``unseen``: which of those rows, told by their state *before*, count afterwards.
    """

    changes: Q
    sets: dict[str, str]
    unread: Q = field(default_factory=lambda: NONE)
    unseen: Q = field(default_factory=lambda: NONE)


VERBS = {
    "read": Verb(changes=NEVER_READ, sets={"read_at": "{now}", "seen_at": "COALESCE(seen_at, {now})"}),
    "unread": Verb(changes=LIVE & Q(read_at__isnull=False), sets={"read_at": "NULL"}, unread=ACTIVE),
    "seen": Verb(changes=NEVER_READ & Q(seen_at__isnull=True), sets={"seen_at": "{now}"}, unread=UNREAD),
    "unseen": Verb(
        changes=NEVER_READ & Q(seen_at__isnull=False),
        sets={"seen_at": "NULL"},
        unread=UNREAD,
        unseen=ACTIVE,
    ),
    "archive": Verb(changes=ACTIVE, sets={"archived_at": "{now}"}),
    "unarchive": Verb(
        changes=ARCHIVED,
        sets={"archived_at": "NULL"},
        unread=Q(read_at__isnull=True),
        unseen=Q(seen_at__isnull=True),
    ),
    # What the user deleted is gone at once: only the number and the identifier stay, as the tombstone.
    "delete": Verb(
        changes=LIVE,
        sets={"deleted_at": "{now}", "title": "''", "description": "''", "data": "'{{}}'", "action_url": "NULL"},
    ),
}
