"""One message for everyone, or for a list of users: stored once, and taken in by each inbox."""

from __future__ import annotations

from collections.abc import Mapping
from json import dumps
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications import limits
from notifications.exceptions import AnnouncementEnded
from notifications.signals import board_changed

from .board import Board
from .data import DataField
from .notification import Priority

EDITABLE = ("title", "description", "data", "action_url", "priority", "expires_at")
INPUT = (*EDITABLE, "identifier")


class Audience(models.TextChoices):
    EVERYONE = "everyone", _("everyone")
    LIST = "list", _("a list of users")


class Announcement(models.Model):
    """``save()`` publishes or edits, ``retract()`` withdraws: each takes the board's next number, whatever it reaches.

    ``seq`` is the board's number of its last change. A list that was never changed has none (0): its recipients'
    inboxes are written by ``actions.fan_out`` and nobody else need look. ``topic``: whose subscribers were its list.
    """

    audience = models.CharField(max_length=8, choices=Audience, default=Audience.EVERYONE, editable=False)
    topic = models.CharField(
        _("topic"), max_length=limits.TOPIC_MAX, default="", db_default="", blank=True, editable=False
    )
    seq = models.PositiveBigIntegerField(editable=False)
    published_seq = models.PositiveBigIntegerField(editable=False)
    title = models.CharField(_("title"), max_length=limits.TITLE_MAX)
    description = models.TextField(_("description"), blank=True, default="")
    identifier = models.CharField(_("identifier"), max_length=limits.IDENTIFIER_MAX)
    data = DataField(_("data"), blank=True, default=dict)
    action_url = models.CharField(_("link"), max_length=limits.ACTION_URL_MAX, blank=True, null=True)  # noqa: DJ001
    priority = models.CharField(_("priority"), max_length=6, choices=Priority, default=Priority.NORMAL)
    include_new = models.BooleanField(
        _("for new users, too"), default=False, help_text=_("Also for those whose inbox opens later.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), blank=True, null=True)
    retracted_at = models.DateTimeField(_("retracted"), null=True, editable=False)
    recipients = models.PositiveIntegerField(_("recipients"), null=True, editable=False)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["seq"], condition=Q(seq__gt=0), name="announcement_seq_once"),
            models.CheckConstraint(condition=Q(published_seq__lte=models.F("seq")), name="announcement_seq_grows"),
            models.CheckConstraint(condition=Q(topic="") | Q(audience="list"), name="announcement_topic_has_list"),
            models.CheckConstraint(condition=~Q(title=""), name="announcement_has_title"),
            models.CheckConstraint(condition=~Q(identifier=""), name="announcement_has_identifier"),
            models.CheckConstraint(condition=Q(priority__in=limits.PRIORITIES), name="announcement_priority_known"),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(include_new=True, retracted_at__isnull=True), name="announcement_for_new"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_over(self) -> bool:
        """Retracted or expired: nobody gets it any more."""
        return self.retracted_at is not None or (self.expires_at is not None and self.expires_at <= timezone.now())

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Publish, or edit what may be edited; an edit of nothing writes nothing.

        Raises ValidationError as for a notification, AnnouncementEnded when there is nobody left to read the edit.
        """
        using = kwargs.get("using") or self._state.db or type(self)._base_manager.db
        with transaction.atomic(using=using):
            if self._state.adding:
                self._publish(using)
                super().save(force_insert=True, using=using)
            elif self._take_edit(using):
                super().save(update_fields=[*EDITABLE, "seq", "updated_at"], using=using)
            else:
                return
            if self.seq:
                board_changed.send(type(self), using=using)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Withdraw; the row stays, for the inboxes that have not heard of it yet."""
        self.retract()
        return 1, {self._meta.label: 1}

    def retract(self) -> None:
        """Take it back out of every inbox; doing it twice keeps the first time."""
        using = self._state.db or type(self)._base_manager.db
        with transaction.atomic(using=using):
            Board.objects.db_manager(using).lock()
            self.retracted_at = self._stored(using).retracted_at
            if self.retracted_at is not None:
                return
            self.seq, self.retracted_at = Board.objects.db_manager(using).advance(), timezone.now()
            super().save(update_fields=["seq", "retracted_at"], using=using)
            board_changed.send(type(self), using=using)

    def clean(self) -> None:
        """The limits of a notification."""
        self._check_limits(None if self._state.adding else self._stored(self._state.db or "default"))

    def _check_limits(self, stored: Announcement | None) -> None:
        values = {name: getattr(self, name) for name in INPUT}
        if stored is not None and stored.expires_at == self.expires_at:
            values["expires_at"] = None  # a moment that was in the future when it was set
        for name, value in clean_message(values).items():
            if name != "expires_at" or values[name] is not None:
                setattr(self, name, value)

    def _publish(self, using: str) -> None:
        self.clean()
        self.updated_at = self.created_at
        self.seq = Board.objects.db_manager(using).advance() if self.audience == Audience.EVERYONE else 0
        self.published_seq = self.seq

    def _take_edit(self, using: str) -> bool:
        # The board before the announcement, as in every verb: two editors cannot deadlock.
        Board.objects.db_manager(using).lock()
        stored = self._stored(using)
        if stored.is_over:
            raise AnnouncementEnded("It was retracted or has expired; publish a new one.")
        if self.identifier != stored.identifier:
            raise ValidationError({"identifier": ValidationError("It cannot change.", code="invalid")})
        self._check_limits(stored)
        if self._shown() == stored._shown():
            return False
        self.seq, self.updated_at = Board.objects.db_manager(using).advance(), timezone.now()
        return True

    def _shown(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in EDITABLE} | {"data": dumps(self.data, sort_keys=True)}

    def _stored(self, using: str) -> Announcement:
        return type(self)._base_manager.using(using).get(pk=self.pk)


def clean_message(values: Mapping[str, object]) -> dict[str, Any]:
    """The fields of a message without a recipient; ValidationError names every bad one."""
    foreign = [name for name in ("user_id", "dedupe_key") if name in values]
    errors: dict[str, Any] = {}
    cleaned: dict[str, Any] = {}
    try:
        rest = {name: value for name, value in values.items() if name not in foreign}
        cleaned = limits.clean_fields({**rest, "user_id": "1"})
    except ValidationError as problem:
        errors |= problem.error_dict
    errors |= {name: ValidationError("Unknown or read-only field.", code="unknown_field") for name in foreign}
    if errors:
        raise ValidationError(errors)
    return {name: cleaned[name] for name in INPUT}


class AnnouncementPart(models.Model):
    """Some recipients of a list, in user_id order: what one transaction delivers, and forgets with it.

    Where somebody holds inboxes these stay: ``size`` is how many waited, or wait still.
    """

    announcement = models.ForeignKey(Announcement, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    user_ids = models.JSONField(default=list)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["announcement", "number"], name="announcement_part_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(delivered_at__isnull=True), name="announcement_part_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.announcement_id} {self.number}"
