"""How many unread notifications an inbox holds of each identifier."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from django.db import connections, models

from notifications import limits

from .documents import document_of, rows_of
from .inbox import Inbox
from .kept import kept

_TABLE = "notifications_unreadcount"
_COUNT = {"user_id": "text", "identifier": "text", "unread": "integer"}
MOVED = 5000
"""Three parameters each: SQLite takes 32,766 in a statement, PostgreSQL 65,535."""


class UnreadCountManager(models.Manager["UnreadCount"]):
    """Moves the counters; always under the inbox's row lock."""

    def add(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to (user_id, identifier) counters, made when absent, in one statement."""
        document = [
            {"user_id": user_id, "identifier": identifier, "unread": number}
            for (user_id, identifier), number in sorted(counts.items())
        ]
        sql = (
            f"INSERT INTO {_TABLE} (user_id, identifier, unread) "
            f"SELECT user_id, identifier, unread FROM {rows_of(self.db, _COUNT)} WHERE true ORDER BY place "
            f"ON CONFLICT (user_id, identifier) DO UPDATE SET unread = {_TABLE}.unread + excluded.unread"
        )
        with kept(self.db) as cursor:
            cursor.execute(sql, [document_of(document)])

    def move(self, deltas: Mapping[tuple[str, str], int]) -> None:
        """Move (user_id, identifier) counters: up like ``add``, for one at zero may be gone, and down in one statement
        for each 5,000.
        """
        if more := {key: delta for key, delta in deltas.items() if delta > 0}:
            self.add(more)
        ordered = sorted((key, delta) for key, delta in deltas.items() if delta < 0)
        for start in range(0, len(ordered), MOVED):
            some = ordered[start : start + MOVED]
            values = ", ".join(["(%s, %s, %s)"] * len(some))
            sql = (
                f"UPDATE {_TABLE} SET unread = unread + moved.column3 FROM (VALUES {values}) AS moved "
                f"WHERE {_TABLE}.user_id = moved.column1 AND {_TABLE}.identifier = moved.column2"
            )
            with connections[self.db].cursor() as cursor:
                cursor.execute(sql, list(chain.from_iterable((*key, delta) for key, delta in some)))


class UnreadCount(models.Model):
    """Kept so that ``by_identifier`` costs the same in an inbox of a million unread rows."""

    inbox = models.ForeignKey(Inbox, models.CASCADE, db_column="user_id", related_name="unread_counts", db_index=False)
    identifier = models.CharField(max_length=limits.IDENTIFIER_MAX)
    unread = models.PositiveIntegerField()

    objects = UnreadCountManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbox", "identifier"], name="unread_count_once"),
            models.CheckConstraint(condition=models.Q(unread__gte=0), name="unread_count_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.inbox_id} {self.identifier}: {self.unread}"
