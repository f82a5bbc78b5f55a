"""Tables, and the verbs on one table."""

from .announcement import Announcement, AnnouncementPart
from .api_key import APIKey
from .board import Board
from .change import Change
from .idempotency import IdempotencyRecord
from .inbox import Inbox
from .notification import Notification
from .topic import Subscription
from .unread_count import UnreadCount

__all__ = [
    "APIKey",
    "Announcement",
    "AnnouncementPart",
    "Board",
    "Change",
    "IdempotencyRecord",
    "Inbox",
    "Notification",
    "Subscription",
    "UnreadCount",
]
