"""The Django admin: browsing, creating and changing notifications, looking at inboxes, handing out API keys."""

from .api_keys import APIKeyAdmin
from .inboxes import InboxAdmin
from .notifications import NotificationAdmin

__all__ = ["APIKeyAdmin", "InboxAdmin", "NotificationAdmin"]
