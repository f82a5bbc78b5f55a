"""One message in one user's inbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy, deepcopy
from datetime import datetime
from functools import cache
from json import dumps
from time import monotonic
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.db.models.base import ModelState
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import limits, metrics
from notifications.exceptions import TrackedColumnError

from . import numbering
from .change import Change, Head
from .data import DataField
from .queryset import TRACKED, NotificationQuerySet
from .states import ACTIVE, ARCHIVED, LIVE, NEVER_READ, UNREAD
from .unread_count import UnreadCount


class Priority(models.TextChoices):
    LOW = "low", _("low")
    NORMAL = "normal", _("normal")
    HIGH = "high", _("high")
    URGENT = "urgent", _("urgent")


class Notification(models.Model):
    """Every write goes through ``save()`` or a verb of the queryset: each takes the inbox's next seq.

    ``is_read`` is ``read_at is not None``, and likewise for the other states. A row with ``deleted_at`` is a tombstone.
    """

    id = models.BigAutoField(primary_key=True)
    user_id = models.CharField(_("user"), max_length=limits.USER_ID_MAX)
    seq = models.PositiveBigIntegerField(editable=False)
    title = models.CharField(_("title"), max_length=limits.TITLE_MAX)
    description = models.TextField(_("description"), blank=True, default="")
    identifier = models.CharField(_("identifier"), max_length=limits.IDENTIFIER_MAX)
    data = DataField(_("data"), blank=True, default=dict)
    action_url = models.CharField(_("link"), max_length=limits.ACTION_URL_MAX, blank=True, null=True)  # noqa: DJ001
    priority = models.CharField(_("priority"), max_length=6, choices=Priority, default=Priority.NORMAL)
    dedupe_key = models.CharField(max_length=limits.DEDUPE_KEY_MAX, blank=True, null=True)  # noqa: DJ001
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now, editable=False)
    read_at = models.DateTimeField(_("read"), null=True, editable=False)
    seen_at = models.DateTimeField(_("seen"), null=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, editable=False)
    expires_at = models.DateTimeField(_("expires"), blank=True, null=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    announcement = models.ForeignKey(
        "notifications.Announcement", models.PROTECT, null=True, editable=False, db_index=False, related_name="+"
    )

    objects = NotificationQuerySet.as_manager()

    _head: Head
    _is_clean = False

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user_id", "seq"], name="notification_seq_once"),
            models.UniqueConstraint(
                fields=["user_id", "dedupe_key"],
                condition=Q(dedupe_key__isnull=False),
                name="notification_dedupe_key_once",
            ),
            models.UniqueConstraint(
                fields=["announcement", "user_id"],
                condition=Q(announcement__isnull=False),
                name="notification_announcement_once",
            ),
            models.CheckConstraint(condition=Q(seq__gte=1), name="notification_seq_positive"),
            models.CheckConstraint(condition=~Q(user_id=""), name="notification_has_user"),
            models.CheckConstraint(condition=~Q(identifier=""), name="notification_has_identifier"),
            models.CheckConstraint(condition=~Q(title="") | Q(deleted_at__isnull=False), name="notification_has_title"),
            models.CheckConstraint(condition=Q(priority__in=limits.PRIORITIES), name="notification_priority_known"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True) | Q(seen_at__isnull=False), name="notification_read_is_seen"
            ),
        ]
        indexes = [
            models.Index(fields=["user_id", "-id"], condition=LIVE, name="notification_live"),
            models.Index(fields=["user_id", "-id"], condition=ACTIVE, name="notification_active"),
            models.Index(fields=["user_id", "-id"], condition=UNREAD, name="notification_unread"),
            models.Index(fields=["user_id", "-id"], condition=ARCHIVED, name="notification_archived"),
            models.Index(fields=["user_id", "-id"], condition=NEVER_READ, name="notification_never_read"),
            models.Index(fields=["-id"], condition=UNREAD, name="notification_all_unread"),
            models.Index(fields=["-id"], condition=ARCHIVED, name="notification_all_archived"),
            models.Index(fields=["identifier", "-id"], name="notification_identifier"),
            models.Index(fields=["created_at"], name="notification_created"),
            models.Index(
                fields=["expires_at"], condition=LIVE & Q(expires_at__isnull=False), name="notification_expires"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @classmethod
    def from_input(cls, values: Mapping[str, object], *, now: datetime | None = None) -> Notification:
        """A checked, unsaved notification; raises ValidationError naming each bad field."""
        moment = now or timezone.now()
        return cls.from_clean(limits.clean_fields(values, now=moment), moment)

    @classmethod
    def from_clean(cls, fields: Mapping[str, Any], moment: datetime) -> Notification:
        """An unsaved notification of checked ``limits.FIELDS``, all of them."""
        notification = cls.__new__(cls)
        # Not cls(**fields), which takes twenty times as long; pre_init and post_init are not sent.
        notification.__dict__ = {
            **_blank(), **fields, "created_at": moment, "updated_at": moment, "_state": ModelState(), "_is_clean": True
        }  # fmt: skip
        return notification

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Create or edit, with the inbox's next seq, in one transaction; an edit of nothing writes nothing."""
        using = kwargs.get("using") or self._state.db or type(self)._base_manager.db
        began = monotonic()
        with transaction.atomic(using=using):
            if self._state.adding:
                self._take_first_seq(using)
                metrics.count_stored(1, began=began, using=using)
                kwargs["force_insert"] = True
            elif not self._take_next_seq(using, kwargs.get("update_fields")):
                return
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "seq", "updated_at", "seen_at"}
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, leaving a tombstone so that every device takes it away."""
        return type(self).objects.filter(pk=self.pk).delete()

    def clean(self) -> None:
        """The limits, for forms: the same ones as everywhere."""
        self._check_limits(None if self._state.adding else self._stored(self._state.db or "default"))

    def _check_limits(self, stored: Notification | None) -> None:
        values = {name: getattr(self, name) for name in limits.FIELDS}
        if stored is not None and stored.expires_at == self.expires_at:
            values["expires_at"] = None  # a moment that was in the future when it was set
        cleaned = limits.clean_fields(values)
        for name in limits.FIELDS:
            if name != "expires_at" or values[name] is not None:
                setattr(self, name, cleaned[name])

    @property
    def change(self) -> Change:
        """What the last ``save()`` did, with the row as it is now: ask in ``post_save``, before it is saved again."""
        row = copy(self)
        row.data = deepcopy(self.data)  # the caller keeps this object, and may go on with it before the commit
        return Change(start=self._head.seq - 1, head=self._head, rows=(row,))

    def counted(self) -> tuple[int, int]:
        """What this row adds to (unread, unseen); the same conditions as ``states.UNREAD`` and ``states.UNSEEN``."""
        active = self.archived_at is None and self.deleted_at is None
        return int(active and self.read_at is None), int(active and self.seen_at is None)

    def _take_first_seq(self, using: str) -> None:
        if not self._is_clean:
            self.clean()
        self._is_clean = False
        self._keep_states_together()
        self.updated_at = self.created_at
        unread, unseen = self.counted()
        step = numbering.Step(self.user_id, 1, unread, unseen)
        head = numbering.advance(using, [step])[self.user_id]
        if unread:
            UnreadCount.objects.db_manager(using).add({(self.user_id, self.identifier): 1})
        self._stamp(head)

    def _take_next_seq(self, using: str, update_fields: Iterable[str] | None) -> bool:
        numbering.lock(using, [self.user_id])
        stored = self._stored(using)
        if stored is None or stored.is_deleted:
            raise TrackedColumnError("This notification was deleted: it cannot be saved again.")
        if update_fields is not None:
            # An old copy may neither write back nor count what it was not asked to save.
            for name in TRACKED - {"seq", *update_fields}:
                setattr(self, name, getattr(stored, name))
        self._check_limits(stored)
        self._keep_states_together()
        fixed = [
            name for name in ("user_id", "identifier", "created_at") if getattr(self, name) != getattr(stored, name)
        ]
        if fixed:
            raise TrackedColumnError(f"{', '.join(fixed)} of a notification cannot change; send a new one.")
        if self._shown() == stored._shown():
            return False
        (unread, unseen), (was_unread, was_unseen) = self.counted(), stored.counted()
        step = numbering.Step(self.user_id, 1, unread - was_unread, unseen - was_unseen)
        if step.unread:
            UnreadCount.objects.db_manager(using).move({(self.user_id, self.identifier): step.unread})
        self.updated_at = timezone.now()
        self._stamp(numbering.settle(using, [step])[self.user_id])
        return True

    def _shown(self) -> dict[str, object]:
        """What devices show; ``data`` as text, because 1 and True are equal in Python."""
        return {name: getattr(self, name) for name in TRACKED - {"seq"}} | {"data": dumps(self.data, sort_keys=True)}

    def _stamp(self, head: Head) -> None:
        self.seq, self._head = head.seq, head

    def _stored(self, using: str) -> Notification | None:
        return type(self)._base_manager.using(using).filter(pk=self.pk).first()

    def _keep_states_together(self) -> None:
        if self.read_at is not None and self.seen_at is None:
            self.seen_at = self.read_at


@cache
def _blank() -> dict[str, Any]:
    """The attributes of a new notification of which nothing is known."""
    known = {"_state", *limits.FIELDS, "created_at", "updated_at"}
    return {name: value for name, value in vars(Notification()).items() if name not in known}
