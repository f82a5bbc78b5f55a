"""The Django admin: browsing, sending and changing notifications, looking at inboxes, handing out API keys.

Nothing here reads a table to its end: with a million rows every page is as quick as with a hundred.
"""

from .api_keys import APIKeyAdmin
from .inboxes import InboxAdmin
from .notifications import NotificationAdmin

__all__ = ["APIKeyAdmin", "InboxAdmin", "NotificationAdmin"]
