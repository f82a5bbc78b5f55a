"""The engine's own exceptions, one tree.

    NotificationsError
    ├── TrackedColumnError      a write that would go round the numbering
    ├── AnnouncementEnded       an edit of what was retracted or has expired
    └── NotAuthenticated        a credential that proves nothing (REST 401, sockets 4401)

Bad input is not here: it raises ``django.core.exceptions.ValidationError`` with the codes of ``limits``.
"""


class NotificationsError(Exception):
    """Root of the tree."""


class TrackedColumnError(NotificationsError):
    """A tracked column would change without a new seq, so no device would hear of it."""


class AnnouncementEnded(NotificationsError):
    """The announcement was retracted or has expired: it cannot be edited."""


class NotAuthenticated(NotificationsError):
    """The credential is missing, malformed, unknown, expired or revoked."""
