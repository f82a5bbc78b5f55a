"""The board of announcements: the one number that says whether there is news for anybody."""

from __future__ import annotations

from django.db import connections, models


class BoardManager(models.Manager["Board"]):
    """Moves the number under the row's lock, which is held to commit: the board's order is the order of commits."""

    def lock(self) -> int:
        return self._move(0)

    def advance(self) -> int:
        """The next number. A sequence would do it without waiting, and lose what commits after a higher number."""
        return self._move(1)

    def _move(self, by: int) -> int:
        sql = (
            "INSERT INTO notifications_board (id, seq) VALUES (1, %s) "
            "ON CONFLICT (id) DO UPDATE SET seq = notifications_board.seq + excluded.seq RETURNING seq"
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(sql, [by])
            seq: int = cursor.fetchone()[0]
            return seq


class Board(models.Model):
    """One row, made by the first announcement; ``seq`` is the number of the board's last change."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seq = models.PositiveBigIntegerField()

    objects = BoardManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="board_is_one")]

    def __str__(self) -> str:
        return str(self.seq)
