"""Group commit: notifications of several callers stored in one transaction, with one wait for the disk."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from itertools import chain, islice
from typing import Any

from django.db import Error as DatabaseError
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_save, pre_save

from notifications.models import Inbox, Notification
from notifications.models.retries import is_aborted, is_after_commit
from notifications.signals import inbox_changed

from . import notify
from .notify import Stored, insert_many, store
from .sparing import wait_briefly
from .turns import Turns, may_share

logger = logging.getLogger("notifications.actions")

OWN_RECEIVERS = "notifications.receivers"


class MaybeStored(OperationalError):
    """The commit failed, so nobody knows whether it happened: not to be done again. The cause says why."""


def create(values: Mapping[str, object]) -> Stored:
    """``notify.create``, in one transaction with whoever else comes at the same time, if they may share one."""
    if not may_share() or _is_heard():
        return notify.create(values)
    draft = Notification.from_input(values)
    stored = _turns.answer(draft)
    if isinstance(stored, MaybeStored):
        raise MaybeStored(str(stored)) from stored.__cause__
    return stored or insert_many([draft])[0]


def store_shared(parts: Sequence[Sequence[Notification]]) -> list[list[Stored]]:
    """What ``insert_many`` would store and answer for each part, all or nothing.

    Whatever is raised besides MaybeStored: nothing is stored.
    """
    stored: list[Stored] = []
    try:
        with transaction.atomic():
            with _few_trips():
                # Its callers then wait each alone.
                wait_briefly(connection.alias)
                ready = store(list(chain.from_iterable(parts)))
            stored = ready
    except Exception as problem:
        with suppress(Exception):
            connection.close_if_unusable_or_obsolete()
        if not stored or is_aborted(problem):
            raise
        if isinstance(problem, DatabaseError) and not is_after_commit(problem):
            raise MaybeStored(str(problem)) from problem
        logger.exception("Notifications are stored, but what a project wanted done after the commit failed.")
    rest = iter(stored)
    return [list(islice(rest, len(part))) for part in parts]


def _few_trips() -> AbstractContextManager[object]:
    """Statements go to PostgreSQL together with the next whose rows are wanted: this thread waits for each trip, and
    after each for whichever thread has the core meanwhile.
    """
    link: Any = connection.connection
    if not hasattr(link, "pipeline"):  # SQLite, or psycopg 2
        return nullcontext()
    from psycopg import Pipeline  # it is there: the link is its

    together: AbstractContextManager[object] = link.pipeline() if Pipeline.is_supported() else nullcontext()
    return together


def _store_each(drafts: Sequence[Notification]) -> Sequence[Stored | MaybeStored | None]:
    """None: it is to be stored alone."""
    try:
        return [stored for (stored,) in store_shared([[draft] for draft in drafts])]
    except MaybeStored as problem:
        return [problem] * len(drafts)
    except Exception:
        return [None] * len(drafts)


_turns = Turns(_store_each)


def _is_heard() -> bool:
    """Whether others hear of what is stored: they may ask whose thread it is, refuse a row, or take their time."""
    signals = ((pre_save, Notification), (post_save, Notification), (inbox_changed, Inbox))
    heard = chain.from_iterable(chain(*signal._live_receivers(sender)) for signal, sender in signals)
    return any(getattr(receiver, "__module__", None) != OWN_RECEIVERS for receiver in heard)
