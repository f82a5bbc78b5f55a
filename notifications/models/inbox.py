"""One user's inbox: its numbering and its counters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import connections, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications import limits

from . import numbering
from .change import Head
from .documents import document_of
from .kept import kept

IS_BEHIND = RawSQL(numbering.IS_BEHIND, (), models.BooleanField())  # noqa: S611 - a constant
"""For a query of inboxes: whether there are announcements to take in."""


def _is_behind(owner: str, *params: str) -> RawSQL:
    sql = f"EXISTS (SELECT 1 FROM notifications_inbox WHERE user_id = {owner} AND {numbering.IS_BEHIND})"
    return RawSQL(sql, params, models.BooleanField())  # noqa: S611 - the values are parameters


OWNER_IS_BEHIND = _is_behind("notifications_notification.user_id")
"""For a query of notifications: the same of the inbox that each lies in."""


def is_behind(user_id: str) -> RawSQL:
    """The same, of one inbox, for a query of something else."""
    return _is_behind("%s", user_id)


class InboxManager(models.Manager["Inbox"]):
    """Reading and opening inboxes; only ``numbering`` moves one."""

    def head(self, user_id: str) -> Head:
        """Where the inbox stands, as it is; a first visit opens it. ``actions.catch_up.head_of`` takes the board in."""
        row = self.filter(pk=user_id).values_list("epoch", "seq", "unread", "unseen", IS_BEHIND).first()
        if row is None:
            return self.open(user_id)
        epoch, seq, unread, unseen, is_behind = row
        return Head(user_id=user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen, is_behind=is_behind)

    def positions(self, user_ids: Sequence[str]) -> list[tuple[str, str, int, bool]]:
        """user_id, epoch, seq and whether it is behind, of those that exist.

        The names travel as one JSON document: Django and psycopg would prepare and quote each by itself.
        """
        connection = connections[self.db]
        is_sqlite = connection.vendor == "sqlite"
        names = "json_each(%s)" if is_sqlite else "json_array_elements_text(%s::json) AS named (value)"
        sql = (
            f"SELECT user_id, epoch, seq, {numbering.IS_BEHIND} FROM notifications_inbox "
            f"WHERE user_id IN (SELECT value FROM {names})"
        )
        with kept(self.db) as cursor:
            cursor.execute(sql, [document_of(user_ids)])
            return [(user_id, epoch, seq, bool(behind)) for user_id, epoch, seq, behind in cursor.fetchall()]

    def behind(self, user_ids: Sequence[str]) -> list[str]:
        """Those of these that have announcements to take in."""
        return list(self.filter(IS_BEHIND, pk__in=user_ids).values_list("pk", flat=True))

    def open(self, user_id: str) -> Head:
        return numbering.advance(self.db, [numbering.Step(user_id)])[user_id]

    def portions(self, size: int) -> Iterator[list[str]]:
        """The user_ids of all inboxes, so many at a time, in the database's order; one short query for each portion."""
        portion = list(self.order_by("pk").values_list("pk", flat=True)[:size])
        while portion:
            yield portion
            portion = list(self.filter(pk__gt=portion[-1]).order_by("pk").values_list("pk", flat=True)[:size])

    def renew_epoch(self, user_id: str, *, old: str) -> Head:
        """Void every cursor of a numbering that ran backwards (a restore); whoever sees it first does it."""
        self.filter(pk=user_id, epoch=old).update(epoch=numbering.new_epoch())
        return self.head(user_id)


class Inbox(models.Model):
    """``seq`` is the number of the last change; ``unread`` and ``unseen`` are exact at it."""

    user_id = models.CharField(_("user"), max_length=limits.USER_ID_MAX, primary_key=True)
    epoch = models.CharField(max_length=32)
    seq = models.PositiveBigIntegerField()
    unread = models.PositiveIntegerField()
    unseen = models.PositiveIntegerField()
    horizon = models.PositiveBigIntegerField(
        default=0, help_text=_("Highest seq of a purged row: a cursor below it cannot be served by changes.")
    )
    board_seq = models.PositiveBigIntegerField(
        default=0, editable=False, help_text=_("How far it has taken the board of announcements in.")
    )
    opened_board_seq = models.PositiveBigIntegerField(
        default=0, editable=False, help_text=_("Where the board stood when it opened: what is older is not for it.")
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = InboxManager()

    class Meta:
        verbose_name = _("inbox")
        verbose_name_plural = _("inboxes")
        constraints = [
            models.CheckConstraint(condition=models.Q(horizon__lte=models.F("seq")), name="inbox_horizon_within_seq"),
            models.CheckConstraint(
                condition=models.Q(unseen__lte=models.F("unread")), name="inbox_unseen_within_unread"
            ),
            models.CheckConstraint(condition=models.Q(unread__gte=0, unseen__gte=0), name="inbox_counts_not_negative"),
        ]

    def __str__(self) -> str:
        return self.user_id
