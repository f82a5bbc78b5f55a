"""One verb on some rows of one inbox: lock, count, stamp, settle, tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from django.db import connections, transaction
from django.db.models import Count, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from notifications.signals import inbox_changed

from . import numbering
from .change import Change, Head
from .inbox import Inbox
from .states import UNREAD, UNSEEN, Verb
from .unread_count import UnreadCount

if TYPE_CHECKING:
    from .notification import Notification

CARRIED = 100
"""Up to so many changed rows travel with the change; of more, devices read what they need."""


def change_inbox(user_id: str, rows: QuerySet[Notification], verb: Verb) -> tuple[int, Head]:
    """Apply ``verb`` to those of ``rows`` that lie in this inbox; returns how many changed, and the head.

    Five statements whatever the number of rows; two when nothing changes, and then no seq is spent.
    """
    using = rows.db
    with transaction.atomic(using=using, savepoint=False):
        before = numbering.settle(using, numbering.Step(user_id))
        if before is None:
            return 0, Inbox.objects.db_manager(using).open(user_id)
        todo = rows.filter(verb.changes, user_id=user_id)
        tally = _tally(todo, verb)
        changed = sum(entry["rows"] for entry in tally)
        if not changed:
            return 0, before
        stamped = _stamp(todo, verb, start=before.seq, carry=changed <= CARRIED)
        deltas = {entry["identifier"]: entry["unread_after"] - entry["unread_before"] for entry in tally}
        unseen = sum(entry["unseen_after"] - entry["unseen_before"] for entry in tally)
        head = numbering.settle(using, numbering.Step(user_id, changed, sum(deltas.values()), unseen))
        if moved := {identifier: delta for identifier, delta in deltas.items() if delta}:
            UnreadCount.objects.db_manager(using).move(user_id, moved)
        head = cast("Head", head)  # the row is locked: it is still there
        inbox_changed.send(Inbox, changes=[Change(start=before.seq, head=head, rows=stamped)], using=using)
        return changed, head


def _tally(todo: QuerySet[Notification], verb: Verb) -> list[dict[str, Any]]:
    """Per identifier: rows that change, and what they count before and after."""
    counted = todo.order_by().values("identifier")
    tally: Any = counted.annotate(
        rows=Count("pk"),
        unread_before=Count("pk", filter=UNREAD),
        unread_after=Count("pk", filter=verb.unread),
        unseen_before=Count("pk", filter=UNSEEN),
        unseen_after=Count("pk", filter=verb.unseen),
    )
    return list(tally)


def _stamp(todo: QuerySet[Notification], verb: Verb, *, start: int, carry: bool) -> Sequence[Notification] | None:
    """Write the new state, each row with its own next seq in id order."""
    connection = connections[todo.db]
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    table = connection.ops.quote_name(todo.model._meta.db_table)
    ranked, ranked_params = (
        todo.order_by()
        .annotate(ordinal=Window(RowNumber(), order_by="id"))
        .values("id", "ordinal")
        .query.sql_with_params()
    )
    assignments, params = [], []
    for column, expression in {**verb.sets, "updated_at": "{now}"}.items():
        assignments.append(f"{column} = {expression.format(now='%s')}")
        params += [moment] * expression.count("{now}")
    sql = (
        f"UPDATE {table} SET {', '.join(assignments)}, seq = %s + ranked.ordinal "
        f"FROM ({ranked}) AS ranked WHERE {table}.id = ranked.id"
    )
    every = [*params, start, *ranked_params]
    if carry:
        columns = ", ".join(f"{table}.{field.column}" for field in todo.model._meta.concrete_fields)
        stamped = todo.model._base_manager.using(todo.db).raw(f"{sql} RETURNING {columns}", every)
        return sorted(stamped, key=lambda row: row.seq)
    with connection.cursor() as cursor:
        cursor.execute(sql, every)
    return None
