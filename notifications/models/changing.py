"""One verb on some rows of some inboxes: lock, count, stamp, settle, tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connections, transaction
from django.db.models import Count, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from notifications.signals import inbox_changed

from . import numbering
from .change import Change, Head
from .inbox import Inbox
from .planning import hidden_from_planner
from .states import UNREAD, UNSEEN, Verb
from .unread_count import UnreadCount

if TYPE_CHECKING:
    from .notification import Notification

INBOXES = 1000
"""So many are changed, and stay locked, in one go."""
CARRIED = 100
"""Up to so many changed rows of an inbox travel with the change; of more, devices read what they need."""
CARRIED_IN_ALL = 1000


def change_inbox(user_id: str, rows: QuerySet[Notification], verb: Verb) -> tuple[int, Head]:
    """Apply ``verb`` to those of ``rows`` that lie in this inbox; returns how many changed, and the head."""
    changed, heads = change_inboxes([user_id], rows, verb)
    return changed, heads[user_id]


def change_inboxes(user_ids: Sequence[str], rows: QuerySet[Notification], verb: Verb) -> tuple[int, dict[str, Head]]:
    """Apply ``verb`` to those of ``rows`` that lie in these inboxes (up to ``INBOXES``), in one transaction.

    Returns how many changed, and the head of each inbox. Five statements whatever the number of rows and inboxes; two
    when nothing changes, and then no seq is spent.
    """
    using = rows.db
    with transaction.atomic(using=using, savepoint=False):
        heads = numbering.lock(using, user_ids)
        todo = rows.filter(verb.changes, _of(user_ids))
        tallies = {tally.user_id: tally for tally in _tallies(todo, verb)}
        changed = sum(tally.rows for tally in tallies.values())
        if not changed:
            return 0, heads
        stamped, carried = _stamp(todo, verb, carry=changed <= CARRIED_IN_ALL)
        if stamped != changed:
            # The condition asks for more than these rows, and that changed: the counters would drift.
            raise IntegrityError(f"{changed} rows were counted and {stamped} changed; nothing was done. Try again.")
        steps = [numbering.Step(user_id, tally.rows, tally.unread, tally.unseen) for user_id, tally in tallies.items()]
        moved = numbering.settle(using, steps)
        if deltas := {(t.user_id, name): n for t in tallies.values() for name, n in t.by_identifier.items() if n}:
            UnreadCount.objects.db_manager(using).move(deltas)
        changes = [
            Change(
                start=heads[user_id].seq,
                head=moved[user_id],
                rows=carried.get(user_id) if tally.rows <= CARRIED else None,
            )
            for user_id, tally in tallies.items()
        ]
        inbox_changed.send(Inbox, changes=changes, using=using)
        return changed, heads | moved


def _of(user_ids: Sequence[str]) -> Q:
    return Q(user_id=hidden_from_planner(user_ids[0])) if len(user_ids) == 1 else Q(user_id__in=user_ids)


@dataclass(slots=True)
class _Tally:
    """Of one inbox: how many rows change, and what that adds to its counters."""

    user_id: str
    rows: int = 0
    unread: int = 0
    unseen: int = 0
    by_identifier: dict[str, int] = field(default_factory=dict)


def _tallies(todo: QuerySet[Notification], verb: Verb) -> Iterator[_Tally]:
    grouped: Any = todo.order_by().values("user_id", "identifier")
    counted: Iterable[Any] = grouped.annotate(
        rows=Count("pk"),
        unread_before=Count("pk", filter=UNREAD),
        unread_after=Count("pk", filter=verb.unread),
        unseen_before=Count("pk", filter=UNSEEN),
        unseen_after=Count("pk", filter=verb.unseen),
    ).order_by("user_id")
    for user_id, entries in groupby(counted, key=lambda entry: entry["user_id"]):
        tally = _Tally(user_id)
        for entry in entries:
            unread = entry["unread_after"] - entry["unread_before"]
            tally.rows += entry["rows"]
            tally.unread += unread
            tally.unseen += entry["unseen_after"] - entry["unseen_before"]
            tally.by_identifier[entry["identifier"]] = unread
        yield tally


def _stamp(todo: QuerySet[Notification], verb: Verb, *, carry: bool) -> tuple[int, dict[str, Sequence[Notification]]]:
    """Write the new state, each row with its inbox's next seq in id order; how many, and by user_id if asked."""
    connection = connections[todo.db]
    moment = connection.ops.adapt_datetimefield_value(timezone.now())
    table = connection.ops.quote_name(todo.model._meta.db_table)
    inbox = connection.ops.quote_name(Inbox._meta.db_table)
    ranked, ranked_params = (
        todo.order_by()
        .annotate(ordinal=Window(RowNumber(), partition_by="user_id", order_by="id"))
        .values("id", "ordinal")
        .query.sql_with_params()
    )
    # Not a join: beside the cost of finding the rows PostgreSQL takes any way to the inboxes for as good, and went
    # through all of them for each row: 130 s for 100,000 rows and 10,000 inboxes.
    start = f"SELECT {inbox}.seq FROM {inbox} WHERE {inbox}.user_id = {table}.user_id"
    assignments, params = [], []
    for column, expression in {**verb.sets, "updated_at": "{now}"}.items():
        assignments.append(f"{column} = {expression.format(now='%s')}")
        params += [moment] * expression.count("{now}")
    sql = (
        f"UPDATE {table} SET {', '.join(assignments)}, seq = ({start}) + ranked.ordinal "
        f"FROM ({ranked}) AS ranked WHERE {table}.id = ranked.id"
    )
    every = [*params, *ranked_params]
    if not carry:
        with connection.cursor() as cursor:
            cursor.execute(sql, every)
            return cursor.rowcount, {}
    columns = ", ".join(f"{table}.{field.column}" for field in todo.model._meta.concrete_fields)
    stamped = todo.model._base_manager.using(todo.db).raw(f"{sql} RETURNING {columns}", every)
    ordered = sorted(stamped, key=lambda row: (row.user_id, row.seq))
    return len(ordered), {user_id: list(rows) for user_id, rows in groupby(ordered, key=lambda row: row.user_id)}
