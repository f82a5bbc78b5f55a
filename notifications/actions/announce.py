"""Announcing: one row for everyone; a list of users or a topic's, which ``fan_out`` delivers in parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum

from notifications.limits import clean_as, clean_topic
from notifications.models import Announcement, AnnouncementPart, Board, Notification, Subscription
from notifications.models.announcement import EDITABLE, Audience, clean_message
from notifications.models.retries import retried
from notifications.signals import list_announced

from . import notify
from .notify import chunks, distinct

COUNTED_MAX = 10_000


def announce(
    users: Iterable[object] | None = None, *, topic: str | None = None, include_new: bool = False, **fields: Any
) -> Announcement:
    """Announce to everyone with one row, to ``users``, or to the subscribers of ``topic``; in the caller's transaction.

    Everyone is every inbox that exists, and with ``include_new`` also those that open later. ``users``: user objects
    or user_ids, any iterable or a queryset; each gets it once. ``topic``: a name; who is subscribed now gets it.
    Fields: title, identifier, description, data, action_url, priority, expires_at. Raises ``ValidationError`` with the
    same codes as REST.

    What is returned can be edited and saved, or retracted.
    """
    message = clean_message(fields)
    if topic is not None:
        if users is not None or include_new:
            raise ValidationError({"topic": ValidationError("Name a topic, or users, or everyone.", code="invalid")})
        return publish_to_topic(clean_as("topic", clean_topic, topic), message)
    if users is None:
        return publish(message, include_new=include_new)
    return publish_to(sorted(distinct(users)), message)


@retried
def retract(announcement: Announcement) -> None:
    """Take it back out of every inbox, in the caller's transaction."""
    announcement.retract()


@retried
def publish(message: Mapping[str, Any], *, include_new: bool = False) -> Announcement:
    """To everyone: two statements, whatever the number of users."""
    announcement = Announcement(**message, include_new=include_new)
    announcement.save()
    return announcement


@retried
def publish_to(user_ids: list[str], message: Mapping[str, Any]) -> Announcement:
    """To stored, distinct, sorted user_ids. They are kept in parts until each is delivered."""
    with transaction.atomic():
        announcement = Announcement(**message, audience=Audience.LIST, recipients=len(user_ids))
        announcement.save()
        AnnouncementPart.objects.bulk_create(
            AnnouncementPart(announcement=announcement, number=number, size=len(part), user_ids=part)
            for number, part in enumerate(chunks(user_ids))
        )
        list_announced.send(Announcement)
    return announcement


@retried
def publish_to_topic(topic: str, message: Mapping[str, Any]) -> Announcement:
    """To whoever is subscribed now, in three statements. Who comes or goes later changes nothing."""
    with transaction.atomic():
        announcement = Announcement(**message, audience=Audience.LIST, topic=topic, recipients=0)
        announcement.save()
        number = Subscription.objects.part_out(topic, announcement_id=announcement.pk, size=notify.CHUNK)
        Announcement.objects.filter(pk=announcement.pk).update(recipients=number)
        announcement.recipients = number
        list_announced.send(Announcement)
    return announcement


def delivered(announcement: Announcement) -> int:
    """How many inboxes have been given it so far; of everyone's no more than ``COUNTED_MAX`` are counted."""
    if announcement.audience == Audience.LIST:
        waiting = announcement.parts.filter(delivered_at__isnull=True).aggregate(total=Sum("size"))["total"]
        return (announcement.recipients or 0) - (waiting or 0)
    return Notification.objects.filter(announcement=announcement)[:COUNTED_MAX].count()


@retried
def edit(pk: int, values: Mapping[str, Any]) -> Announcement:
    """Change some of ``EDITABLE``; raises ``Announcement.DoesNotExist``, ``AnnouncementEnded``, ``ValidationError``."""
    with transaction.atomic():
        Board.objects.lock()  # before the reading: what another edits meanwhile is not written back
        announcement = Announcement.objects.get(pk=pk)
        for name in EDITABLE:
            if name in values:
                setattr(announcement, name, values[name])
        announcement.save()
    return announcement
