"""The verbs on many notifications: each takes numbers, keeps the counters and is heard by every device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction

from notifications.conf import get_options
from notifications.exceptions import TrackedColumnError
from notifications.limits import clean_as, clean_user_id

from . import states
from .changing import INBOXES, change_inboxes
from .retries import retried

if TYPE_CHECKING:
    from .notification import Notification  # noqa: F401  (``QuerySet["Notification"]``)

TRACKED = frozenset(
    {
        "user_id",
        "seq",
        "title",
        "description",
        "identifier",
        "data",
        "action_url",
        "priority",
        "created_at",
        "read_at",
        "seen_at",
        "archived_at",
        "expires_at",
        "deleted_at",
    }
)
"""What a change is made of: changing one of these takes a seq."""

GUARDED = TRACKED | {"id", "updated_at"}
"""What devices show. The trigger in migration 0002 holds the same list."""

NAMED = 1000
"""Up to so many rows a verb names by id, so that its condition is asked once; more it describes to the database."""


def user_id_of(user: object) -> str:
    """The stored user_id of a user object or of a user_id; ValidationError of ``user_id`` when it cannot be one."""
    return clean_as("user_id", clean_user_id, id_given_by(user))


def id_given_by(user: object) -> object:
    """What may be a user_id; of a user object the attribute that ``SESSION_INBOX`` names, where its session looks."""
    return getattr(user, get_options().SESSION_INBOX or "pk") if isinstance(user, AbstractBaseUser) else user


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Querysets start from the owner: ``Notification.objects.for_user(user).unread()``."""

    def for_user(self, user: object) -> Self:
        """One user's notifications, without the deleted ones."""
        return self.filter(states.LIVE, user_id=user_id_of(user))

    def live(self) -> Self:
        return self.filter(states.LIVE)

    def active(self) -> Self:
        return self.filter(states.ACTIVE)

    def unread(self) -> Self:
        return self.filter(states.UNREAD)

    def read(self) -> Self:
        return self.filter(states.READ)

    def unseen(self) -> Self:
        return self.filter(states.UNSEEN)

    def archived(self) -> Self:
        return self.filter(states.ARCHIVED)

    def mark_read(self) -> int:
        """Read, and so seen; returns how many changed. ``read_at`` keeps the first time."""
        return self.apply("read")

    def mark_unread(self) -> int:
        return self.apply("unread")

    def mark_seen(self) -> int:
        return self.apply("seen")

    def archive(self) -> int:
        return self.apply("archive")

    def unarchive(self) -> int:
        return self.apply("unarchive")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete, leaving tombstones so that every device takes the rows away."""
        deleted = self.apply("delete")
        return deleted, {self.model._meta.label: deleted}

    def remove(self) -> int:
        """Remove rows for good and tell no device: for verbs that lock the inbox and see to the cursors."""
        return self._raw_delete(self.db)

    remove.alters_data = True  # type: ignore[attr-defined]
    remove.queryset_only = True  # type: ignore[attr-defined]

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    for verb in (mark_read, mark_unread, mark_seen, archive, unarchive):
        verb.alters_data = True  # type: ignore[attr-defined]  # no template may call it

    @retried
    def apply(self, verb: str) -> int:
        """One verb of ``states.VERBS`` on these rows, inbox by inbox in user_id order; returns how many changed."""
        rule = states.VERBS[verb]
        rows = self.model._base_manager.using(self.db)
        # A slice is read now, because its rows may be others once some have changed.
        keys: Any = list(self.values_list("pk", flat=True)) if self.query.is_sliced else self.order_by().values("pk")
        chosen = rows.filter(pk__in=keys)
        # Read before the transaction: a SQLite transaction that began by reading may not be allowed to write.
        found = list(chosen.filter(rule.changes).order_by().values_list("user_id", "pk")[: NAMED + 1])
        if len(found) <= NAMED:
            owners, chosen = sorted({owner for owner, _pk in found}), rows.filter(pk__in=[pk for _owner, pk in found])
        else:
            owners = sorted(chosen.filter(rule.changes).order_by().values_list("user_id", flat=True).distinct())
        with transaction.atomic(using=self.db):
            return sum(
                change_inboxes(owners[start : start + INBOXES], chosen, rule)[0]
                for start in range(0, len(owners), INBOXES)
            )

    def update(self, **values: Any) -> int:
        """Only columns that no device shows; the others have verbs."""
        if tracked := sorted({"id" if name == "pk" else name for name in values} & GUARDED):
            raise TrackedColumnError(
                f"QuerySet.update() of {', '.join(tracked)} would reach no device and break the counters. Use "
                "mark_read(), mark_unread(), mark_seen(), archive(), unarchive(), delete(), or save() each row."
            )
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]
