"""Tables, and the verbs on one table."""

from .api_key import APIKey
from .change import Change
from .idempotency import IdempotencyRecord
from .inbox import Inbox
from .notification import Notification
from .unread_count import UnreadCount

__all__ = ["APIKey", "Change", "IdempotencyRecord", "Inbox", "Notification", "UnreadCount"]
