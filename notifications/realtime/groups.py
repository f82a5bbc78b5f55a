"""The names by which processes speak to each other through the channel layer."""

import os
from hashlib import blake2b
from uuid import uuid4

PROBE = "notifications.probe"
ALL = "notifications.all"
"""Every process with sockets: there are announcements to take in, or many inboxes changed at once."""

_LOADED = uuid4().hex


def this_process() -> str:
    """Set apart from all others, also from those that were forked from it."""
    return f"{_LOADED}.{os.getpid()}"


def group_of(user_id: str) -> str:
    """A name of letters, digits and dots whatever the user_id holds."""
    return f"notifications.{blake2b(user_id.encode(), digest_size=16).hexdigest()}"
