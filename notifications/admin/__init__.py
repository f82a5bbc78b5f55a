"""The Django admin: browsing, sending and changing notifications, announcing, subscribing, inboxes, API keys.

Nothing here reads a table to its end: with a million rows every page is as quick as with a hundred.
"""

from .announcements import AnnouncementAdmin
from .api_keys import APIKeyAdmin
from .inboxes import InboxAdmin
from .notifications import NotificationAdmin
from .subscriptions import SubscriptionAdmin

__all__ = ["APIKeyAdmin", "AnnouncementAdmin", "InboxAdmin", "NotificationAdmin", "SubscriptionAdmin"]
