"""The signals the engine hears; each hands over to the realtime room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from notifications.jobs import fan_out
from notifications.models import APIKey, Change, Notification
from notifications.realtime import broadcast, endings
from notifications.signals import board_changed, inbox_changed, list_announced


@receiver(post_save, sender=Notification)
def tell_of_saved_notification(instance: Notification, raw: bool = False, using: str = "default", **_: Any) -> None:
    if not raw:
        broadcast.after_commit([instance.change], using=using)


@receiver(inbox_changed)
def tell_of_changed_inboxes(changes: Sequence[Change], using: str = "default", **_: Any) -> None:
    broadcast.after_commit(changes, using=using)


@receiver(board_changed)
def tell_of_announcements(using: str = "default", **_: Any) -> None:
    broadcast.board_after_commit(using=using)


@receiver(list_announced)
def deliver_to_list(using: str = "default", **_: Any) -> None:
    transaction.on_commit(fan_out.wake, using=using, robust=True)


@receiver(user_logged_out)
def end_session_sockets(request: Any, **_: Any) -> None:
    endings.session_ended(getattr(getattr(request, "session", None), "session_key", None))


@receiver([post_save, post_delete], sender=APIKey)
@receiver([post_save, post_delete], sender=settings.AUTH_USER_MODEL)
def recheck_sockets(instance: Any, using: str = "default", **_: Any) -> None:
    # Now, because a deleted object has lost its pk when the transaction commits.
    is_key, pk = isinstance(instance, APIKey), instance.pk
    transaction.on_commit(lambda: endings.credentials_changed(pk, is_key=is_key), using=using, robust=True)
