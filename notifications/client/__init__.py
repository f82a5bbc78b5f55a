"""An asyncio client of one inbox, usable without Django.

    async with InboxClient("wss://notify.example.com", 123, token=token) as inbox:
        async for notification in inbox:
            print(notification["title"])

Each notification that arrives is yielded once, in the order of ids, through dropped links and restarts.
"""

from .errors import (
    CommandRefused,
    ConnectionRefused,
    CredentialRefused,
    InboxClosed,
    InboxError,
    InboxForbidden,
    ProtocolError,
)
from .inbox import InboxClient
from .replica import Item, Outcome, Replica

__all__ = [
    "CommandRefused",
    "ConnectionRefused",
    "CredentialRefused",
    "InboxClient",
    "InboxClosed",
    "InboxError",
    "InboxForbidden",
    "Item",
    "Outcome",
    "ProtocolError",
    "Replica",
]
