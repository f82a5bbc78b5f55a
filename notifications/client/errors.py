"""What ends an InboxClient, or refuses one of its commands.

    NotificationsError
    └── InboxError
        ├── InboxClosed             ``close()`` was called while a command waited
        ├── CommandRefused          the server answered a command with an error; ``code`` says which
        └── ConnectionRefused       final: connecting again would end the same way
            ├── CredentialRefused   4401 and no new token
            ├── InboxForbidden      4403: not your inbox
            └── ProtocolError       4400, or the other side does not speak the protocol

A link that drops is none of these: the client comes back by itself.
"""

from notifications.exceptions import NotificationsError


class InboxError(NotificationsError):
    """Root of what a client raises."""


class InboxClosed(InboxError):
    """The client was closed."""


class CommandRefused(InboxError):
    """Nothing was changed. ``code`` is that of the server's error frame."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class ConnectionRefused(InboxError):
    """Final. ``code`` is the close code, or the HTTP status of a refused handshake, or None."""

    def __init__(self, code: int | None, reason: str) -> None:
        super().__init__(reason if code is None else f"{reason} ({code})")
        self.code, self.reason = code, reason


class CredentialRefused(ConnectionRefused):
    """The credential is missing, expired or revoked, and there is no other."""


class InboxForbidden(ConnectionRefused):
    """The credential is good, and the inbox is somebody else's."""


class ProtocolError(ConnectionRefused):
    """One side said what the other does not understand."""
