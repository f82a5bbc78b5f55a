"""How many unread notifications an inbox holds of each identifier."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from django.db import connections, models
from django.db.models import Case, F, Value, When

from .inbox import Inbox

_TABLE = "notifications_unreadcount"
MOVED = 500
"""The database looks through a CASE from its beginning for each row: one of all identifiers would be quadratic."""


class UnreadCountManager(models.Manager["UnreadCount"]):
    """Moves the counters; always under the inbox's row lock."""

    def add(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to (user_id, identifier) counters, made when absent, in one statement."""
        ordered = sorted(counts.items())
        values = ", ".join(["(%s, %s, %s)"] * len(ordered))
        sql = (
            f"INSERT INTO {_TABLE} (user_id, identifier, unread) VALUES {values} "
            f"ON CONFLICT (user_id, identifier) DO UPDATE SET unread = {_TABLE}.unread + excluded.unread"
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(sql, list(chain.from_iterable((*key, number) for key, number in ordered)))

    def move(self, user_id: str, deltas: Mapping[str, int]) -> None:
        """Move existing counters of one inbox either way, in one statement for each 500 identifiers."""
        ordered = sorted(deltas.items())
        for start in range(0, len(ordered), MOVED):
            some = ordered[start : start + MOVED]
            moves = [When(identifier=identifier, then=Value(delta)) for identifier, delta in some]
            delta = Case(*moves, output_field=models.PositiveIntegerField())
            names = [identifier for identifier, _delta in some]
            self.filter(inbox=user_id, identifier__in=names).update(unread=F("unread") + delta)


class UnreadCount(models.Model):
    """Kept so that ``by_identifier`` costs the same in an inbox of a million unread rows."""

    inbox = models.ForeignKey(Inbox, models.CASCADE, db_column="user_id", related_name="unread_counts", db_index=False)
    identifier = models.CharField(max_length=100)
    unread = models.PositiveIntegerField()

    objects = UnreadCountManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inbox", "identifier"], name="unread_count_once"),
            models.CheckConstraint(condition=models.Q(unread__gte=0), name="unread_count_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.inbox_id} {self.identifier}: {self.unread}"
