"""Firing notifications: one, or many in chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from time import monotonic
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications import limits, metrics
from notifications.models import Change, Notification, UnreadCount, numbering
from notifications.models.changing import CARRIED
from notifications.models.dedupe import firsts
from notifications.models.inbox import Inbox
from notifications.models.inserting import insert
from notifications.models.queryset import id_given_by, user_id_of
from notifications.models.retries import is_after_commit, retried
from notifications.signals import inbox_changed

CHUNK = 1000
"""Inboxes locked by one transaction of a wide send: a lock of some 50 ms, in user_id order."""
ATTEMPTS = 3

Stored = tuple[Notification, bool]
"""A notification, and whether it is new: with a dedupe_key that had been used it is the first one."""


def notify(user: object, **fields: Any) -> Notification:
    """Fire one notification at a user object or a user_id, in the caller's transaction.

    Fields: title, identifier, description, data, action_url, priority, expires_at, dedupe_key. Raises
    ``ValidationError`` with the same codes as REST. With a dedupe_key already used, returns the first one.
    """
    return create({**fields, "user_id": id_given_by(user)})[0]


def notify_many(users: Iterable[object], **fields: Any) -> int:
    """Fire the same notification at each distinct user; returns how many were stored.

    ``users``: user objects or user_ids, any iterable or a queryset, of any length. Each chunk of 1,000 is one
    transaction and a constant number of queries; within a caller's transaction all of it is one.
    """
    moment = timezone.now()
    # What is wrong is said before the first chunk; what is right is right for all.
    clean = limits.clean_fields({**fields, "user_id": "1"}, now=moment)
    stored = 0
    # In user_id order over all chunks: in a caller's transaction they hold their locks together.
    for chunk in chunks(sorted(distinct(users))):
        drafts = [Notification.from_clean({**clean, "user_id": user_id}, moment) for user_id in chunk]
        stored += sum(is_new for _, is_new in insert_many(drafts))
    return stored


def distinct(users: Iterable[object]) -> set[str]:
    """The stored user_ids of user objects or user_ids, whatever they come in; ValidationError of the first bad one."""
    if not isinstance(users, QuerySet):
        return {user_id_of(user) for user in users}
    # Closed here and now, whatever is wrong with a row: a cursor that PostgreSQL is told to close later, by the garbage
    # collector, aborts the transaction that runs then.
    rows: Any = users.iterator(chunk_size=CHUNK)
    with closing(rows):
        return {user_id_of(user) for user in rows}


@retried
def create(values: Mapping[str, object]) -> Stored:
    """Store one, in at most four statements."""
    notification = Notification.from_input(values)
    if first := _first_with_key(notification):
        return first, False
    try:
        notification.save()
    except IntegrityError as problem:
        # Another transaction took the same key between the look and the insert.
        if not is_after_commit(problem) and (first := _first_with_key(notification)):
            return first, False
        raise
    return notification, True


def create_batch(items: Sequence[object], *, now: datetime | None = None) -> tuple[list[int], int]:
    """Store all or none; returns their ids in order, and how many are new.

    The ValidationError of a refused batch names every bad field of every item: ``[3].title``, or ``[3]`` itself.
    """
    stored = insert_many(drafts_of(items, now=now))
    return [row.pk for row, _ in stored], sum(is_new for _, is_new in stored)


def drafts_of(items: Sequence[object], *, now: datetime | None = None) -> list[Notification]:
    """The checked items of a batch; one ValidationError for all of them."""
    moment = now or timezone.now()
    drafts: list[Notification] = []
    errors: dict[str, Any] = {}
    for index, item in enumerate(items):
        try:
            if not isinstance(item, Mapping):
                raise ValidationError({"": ValidationError("Must be an object.", code="invalid")})
            drafts.append(Notification.from_input(item, now=moment))
        except ValidationError as problem:
            errors |= {f"[{index}].{name}".rstrip("."): found for name, found in problem.error_dict.items()}
    if errors:
        raise ValidationError(errors)
    return drafts


@retried
def insert_many(drafts: Sequence[Notification]) -> list[Stored]:
    """Store checked drafts, in one transaction, and answer for each in their order."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return store(drafts)
        except IntegrityError as problem:
            # A dedupe_key was taken meanwhile: the next look sees it.
            if attempt == ATTEMPTS or is_after_commit(problem) or not any(draft.dedupe_key for draft in drafts):
                raise
    raise AssertionError("unreachable")


def store(drafts: Sequence[Notification]) -> list[Stored]:
    """``insert_many`` as a part of the caller's transaction; IntegrityError when a dedupe_key was taken meanwhile."""
    known = _firsts_with_keys(drafts)
    fresh = [
        draft
        for draft in drafts
        if draft.dedupe_key is None or known.setdefault((draft.user_id, draft.dedupe_key), draft) is draft
    ]
    if fresh:
        _number(fresh)
    rows = [draft if draft.dedupe_key is None else known[draft.user_id, draft.dedupe_key] for draft in drafts]
    return [(row, row is draft) for row, draft in zip(rows, drafts, strict=True)]


def _number(fresh: Sequence[Notification]) -> None:
    """Advance every inbox in one statement, give each row its seq, store them and say so."""
    using = Notification.objects.db
    metrics.count_stored(len(fresh), began=monotonic(), using=using)
    by_user: dict[str, list[Notification]] = {}
    for draft in fresh:
        by_user.setdefault(draft.user_id, []).append(draft)
    steps = [numbering.Step(user_id, len(rows), len(rows), len(rows)) for user_id, rows in by_user.items()]
    heads = numbering.advance(using, steps)
    by_identifier: dict[tuple[str, str], int] = {}
    for user_id, rows in by_user.items():
        for seq, row in enumerate(rows, heads[user_id].seq - len(rows) + 1):
            row.seq = seq
            key = user_id, row.identifier
            by_identifier[key] = by_identifier.get(key, 0) + 1
    UnreadCount.objects.db_manager(using).add(by_identifier)  # returns nothing: it need not be waited for
    # In the order of seq within each inbox, so that ids grow with it.
    insert(using, fresh)
    changes = [
        Change(start=heads[user_id].seq - len(rows), head=heads[user_id], rows=rows if len(rows) <= CARRIED else None)
        for user_id, rows in by_user.items()
    ]
    inbox_changed.send(Inbox, changes=changes, using=using)


def _first_with_key(notification: Notification) -> Notification | None:
    if notification.dedupe_key is None:
        return None
    return Notification.objects.filter(user_id=notification.user_id, dedupe_key=notification.dedupe_key).first()


def _firsts_with_keys(drafts: Sequence[Notification]) -> dict[tuple[str, str], Notification]:
    keys = {(draft.user_id, draft.dedupe_key) for draft in drafts if draft.dedupe_key is not None}
    return firsts(Notification.objects.db, keys) if keys else {}


def chunks(user_ids: Iterable[str]) -> Iterator[list[str]]:
    """So many as one transaction of a wide send locks."""
    rest = iter(user_ids)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
