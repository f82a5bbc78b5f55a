"""The names of the engine's groups in the channel layer."""

from hashlib import blake2b

PROBE = "notifications.probe"
ALL = "notifications.all"
"""Every process with sockets: there are announcements to take in, or many inboxes changed at once."""


def group_of(user_id: str) -> str:
    """A name of letters, digits and dots whatever the user_id holds."""
    return f"notifications.{blake2b(user_id.encode(), digest_size=16).hexdigest()}"
