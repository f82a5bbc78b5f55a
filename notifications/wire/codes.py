"""The close codes of sockets and the codes of their error frames."""

from enum import IntEnum, StrEnum


class Close(IntEnum):
    """Why the server ended a socket. BAD_CLIENT and FORBIDDEN are final; after UNAUTHENTICATED renew the credential."""

    BAD_CLIENT = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    RESTART = 4012
    OVERLOADED = 4013
    TOO_MANY = 4429


class ErrorCode(StrEnum):
    """``code`` of an error frame; a bad field of a known command carries the code of its limit instead."""

    MALFORMED_JSON = "malformed_json"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    UNKNOWN_FIELD = "unknown_field"
    NOT_AUTHENTICATED = "not_authenticated"
    PERMISSION_DENIED = "permission_denied"
    UNAVAILABLE = "unavailable"
