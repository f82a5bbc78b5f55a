"""``/notifications/{id}``: a user's inbox to GET, a notification to the unsafe methods on the same path."""

from __future__ import annotations

from .inboxes import InboxViewSet
from .notifications import NotificationViewSet


class ItemViewSet(InboxViewSet, NotificationViewSet):
    """Only the routes tell the two apart."""
