"""The limits of the contract, kept here for every way in: model, REST, sockets, admin form, bulk verbs.

Everything raises ``django.core.exceptions.ValidationError``; ``clean_fields`` keys it by field. The codes are
``required``, ``null``, ``blank``, ``max_length``, ``invalid`` and ``unknown_field``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from ipaddress import IPv6Address
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import ValidationError

# Fields: characters are code points, bytes are UTF-8.
TITLE_MAX: Final = 200
DESCRIPTION_MAX: Final = 4000
IDENTIFIER_MAX: Final = 100
USER_ID_MAX: Final = 64
ACTION_URL_MAX: Final = 2000
DEDUPE_KEY_MAX: Final = 128
DATA_MAX_BYTES: Final = 8192
DATA_MAX_DEPTH: Final = 8
PRIORITIES: Final = ("low", "normal", "high", "urgent")
RESERVED_USER_IDS: Final = frozenset({"me", "ws", "batch", "announcements", "tokens", "keys", "schema"})

# Numbers: what JavaScript holds exactly, what a bigint column holds.
MAX_SAFE_INTEGER: Final = 2**53 - 1
MAX_ID: Final = 2**63 - 1

# Requests and frames.
PAGE_DEFAULT: Final = 20
PAGE_MAX: Final = 100
CHANGES_MAX: Final = 500
MARK_IDS_MAX: Final = 500
BATCH_MAX: Final = 1000
BODY_MAX: Final = 64 * 1024
BATCH_BODY_MAX: Final = 1024 * 1024
JSON_MAX_DEPTH: Final = 16
FRAME_MAX: Final = 16 * 1024
IDEMPOTENCY_KEY_MAX: Final = 255
TOKEN_TTL_MIN: Final = 30
TOKEN_TTL_MAX: Final = 86_400
TOKEN_TTL_DEFAULT: Final = 3600


def clean_fields(values: Mapping[str, object], *, now: datetime | None = None) -> dict[str, Any]:
    """All fields of a notification to be created, defaults filled in; one ValidationError names every bad field.

    ``now`` (aware) is what ``expires_at`` must lie after; the clock by default.
    """
    cleaned: dict[str, Any] = {}
    errors: dict[str, list[ValidationError]] = {}
    for name, (clean, default) in _FIELDS.items():
        value = values.get(name, default)
        if value is _REQUIRED:
            errors[name] = [ValidationError("This field is required.", code="required")]
        elif value is not None:
            try:
                cleaned[name] = clean(value)
            except ValidationError as error:
                errors[name] = [error]
        elif default is None:
            cleaned[name] = None
        else:
            errors[name] = [ValidationError("Must not be null.", code="null")]
    expires_at = cleaned.get("expires_at")
    if expires_at is not None and expires_at <= (now or datetime.now(UTC)):
        errors["expires_at"] = [ValidationError("Must be in the future.", code="invalid")]
    for name in values:
        if name not in _FIELDS:
            errors[name] = [ValidationError("Unknown or read-only field.", code="unknown_field")]
    if errors:
        raise ValidationError(errors)
    return cleaned


# "1_0" is refused because int() reads it as 10, and a user must not have two spellings.
_USER_ID = re.compile(r"(?!0\Z|[0-9]+(?:_[0-9]+)+\Z)[A-Za-z0-9][A-Za-z0-9._@+:-]{0,63}")


def clean_user_id(value: object) -> str:
    """The stored spelling of a user_id given as an integer, a string or a UUID: ``123`` and ``"123"`` are ``"123"``."""
    if isinstance(value, str):
        if _USER_ID.fullmatch(value) and value not in RESERVED_USER_IDS:
            return str.__str__(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        if 1 <= value <= MAX_SAFE_INTEGER:
            return str(int(value))
    elif isinstance(value, UUID):
        return str(value)
    raise ValidationError("Not a valid user id.", code="invalid")


_CANONICAL_INTEGER = re.compile(r"[1-9][0-9]{0,15}")


def user_id_to_json(stored: str) -> int | str:
    """A stored user_id as it is shown: an integer when it is a canonical decimal up to 2^53-1, else the string."""
    if _CANONICAL_INTEGER.fullmatch(stored) and (number := int(stored)) <= MAX_SAFE_INTEGER:
        return number
    return stored


def clean_idempotency_key(value: str) -> str:
    """The value of an ``Idempotency-Key`` header: 1 to 255 visible ASCII characters."""
    return _clean_visible_ascii(value, IDEMPOTENCY_KEY_MAX)


_VISIBLE_ASCII = re.compile(r"[!-~]+")


def is_visible_ascii(text: str) -> bool:
    """Whether the text is one or more of U+0021 … U+007E."""
    return _VISIBLE_ASCII.fullmatch(text) is not None


# Category Cc is exactly U+0000 to 001F and U+007F to 009F; a surrogate in a str is always a lone one.
_NOT_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NOT_IN_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def _clean_title(value: object) -> str:
    title = _clean_text(value).strip()
    if not title:
        raise ValidationError("Must not be blank.", code="blank")
    _check_length(title, TITLE_MAX)
    if _NOT_IN_LINE.search(title):
        raise ValidationError("Must be one line without control characters.", code="invalid")
    return title


def _clean_description(value: object) -> str:
    description = _clean_text(value)
    _check_length(description, DESCRIPTION_MAX)
    if _NOT_IN_TEXT.search(description):
        raise ValidationError("Must not hold control characters other than \\n and \\t.", code="invalid")
    return description


_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/@+#-]*")


def clean_identifier(value: object) -> str:
    """What kind of message it is: 1 to 100 characters that start with a letter or digit."""
    identifier = _clean_filled_text(value, IDENTIFIER_MAX)
    if not _IDENTIFIER.fullmatch(identifier):
        raise ValidationError(
            "Must start with a letter or digit; then letters, digits, space and ._:/@+#- may follow.", code="invalid"
        )
    return identifier


def _clean_data(value: object) -> dict[str, Any]:
    """A plain copy: what the caller does to its own object before the commit must not reach a frame."""
    if not isinstance(value, dict):
        raise ValidationError("Must be an object.", code="invalid")
    if not value:
        return {}
    _check_tree(value)
    encoded = _encode(value)
    if len(encoded.encode()) > DATA_MAX_BYTES:
        raise _too_large()
    copy: dict[str, Any] = json.loads(encoded)
    return copy


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")).encode
_NOT_IN_JSON = re.compile("[\x00\ud800-\udfff]")


def _check_tree(top: dict[Any, Any]) -> None:
    """Level by level, so depth ends a cycle; every value is paid for, so size ends a tree that shares its branches."""
    bytes_left = DATA_MAX_BYTES
    level: list[dict[Any, Any] | list[Any]] = [top]
    for _ in range(DATA_MAX_DEPTH):
        below: list[dict[Any, Any] | list[Any]] = []
        for container in level:
            bytes_left -= len(container) + 1
            if bytes_left < 0:
                raise _too_large()
            if isinstance(container, dict):
                for key in container:
                    bytes_left -= _check_key(key)
            for value in container.values() if isinstance(container, dict) else container:
                if isinstance(value, str):
                    bytes_left -= _check_string(value)
                elif isinstance(value, dict | list):
                    below.append(value)
                elif isinstance(value, int):
                    if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                        raise ValidationError("Integers must lie within ±(2^53-1).", code="invalid")
                elif isinstance(value, float):
                    if not math.isfinite(value):
                        raise ValidationError("Numbers must be finite.", code="invalid")
                elif value is not None:
                    raise ValidationError(f"{type(value).__name__} is not a JSON type.", code="invalid")
        if not below:
            return
        level = below
    raise ValidationError(f"At most {DATA_MAX_DEPTH} levels deep.", code="invalid")


def _check_key(key: object) -> int:
    if not isinstance(key, str):
        raise ValidationError("Keys must be strings.", code="invalid")
    if key == "__proto__":
        raise ValidationError("The key __proto__ is not allowed.", code="invalid")
    return _check_string(key)


def _check_string(text: str) -> int:
    if len(text) > DATA_MAX_BYTES:
        raise _too_large()
    if _NOT_IN_JSON.search(text):
        raise ValidationError("Must not hold NUL or lone surrogates.", code="invalid")
    return len(text)


def _too_large() -> ValidationError:
    return ValidationError(f"At most {DATA_MAX_BYTES} bytes as compact JSON.", code="max_length")


# The host is spelt out because browsers and urlsplit disagree about odd ones: "%40", "[::1]x", "a b", "". The letters
# are, too: re.IGNORECASE would take U+017F for an "s".
_NOT_IN_URL = re.compile("[\\s\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HTTP_URL = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://"
    r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_\u00a1-\U0010ffff][0-9A-Za-z._\u00a1-\U0010ffff-]*)"
    r"(?::[0-9]{0,5})?(?:[/?#].*)?"
)


def _clean_action_url(value: object) -> str:
    url = _clean_filled_text(value, ACTION_URL_MAX)
    if not _NOT_IN_URL.search(url):
        if url.startswith("/") and not url.startswith("//"):
            return url
        if _is_http_url(url):
            return url
    raise ValidationError("Must be http(s)://host… without credentials, or /path.", code="invalid")


def _is_http_url(url: str) -> bool:
    match = _HTTP_URL.fullmatch(url)
    if match is None or not match[1].isprintable():
        return False
    try:
        if match[1].startswith("["):
            IPv6Address(match[1][1:-1])
        urlsplit(url).port  # noqa: B018 - both steps raise ValueError: look-alikes of "/@:" in the host, port range
    except ValueError:
        return False
    return True


def _clean_priority(value: object) -> str:
    priority = _clean_text(value)
    if priority not in PRIORITIES:
        raise ValidationError(f"Must be one of {', '.join(PRIORITIES)}.", code="invalid")
    return priority


# fromisoformat() reads much more than RFC 3339, and more with each Python: weeks, commas, bare dates, 24:00.
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)


def clean_time(value: object) -> datetime:
    """A moment in UTC, from an RFC 3339 string with offset or an aware datetime."""
    try:
        if isinstance(value, str) and _RFC_3339.fullmatch(value):
            value = datetime.fromisoformat(value.upper())
        if isinstance(value, datetime) and value.utcoffset() is not None:
            return value.astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February; year 0001 or 9999 on its way to UTC
        pass
    raise ValidationError("Must be an RFC 3339 date and time with an offset.", code="invalid")


def _clean_dedupe_key(value: object) -> str:
    return _clean_visible_ascii(value, DEDUPE_KEY_MAX)


def _clean_visible_ascii(value: object, maximum: int) -> str:
    text = _clean_filled_text(value, maximum)
    if not is_visible_ascii(text):
        raise ValidationError("Must be visible ASCII characters.", code="invalid")
    return text


def _clean_filled_text(value: object, maximum: int) -> str:
    text = _clean_text(value)
    if not text:
        raise ValidationError("Must not be blank.", code="blank")
    _check_length(text, maximum)
    return text


def _clean_text(value: object) -> str:
    if not isinstance(value, str):
        raise ValidationError("Must be a string.", code="invalid")
    return str.__str__(value)  # a plain one: str() of a string enum would be its name


def _check_length(text: str, maximum: int) -> None:
    if len(text) > maximum:
        raise ValidationError(f"At most {maximum} characters.", code="max_length")


_REQUIRED: Final = object()

# field: its cleaner, its default. A field whose default is None may be null.
_FIELDS: Final[dict[str, tuple[Callable[[object], object], object]]] = {
    "user_id": (clean_user_id, _REQUIRED),
    "title": (_clean_title, _REQUIRED),
    "description": (_clean_description, ""),
    "identifier": (clean_identifier, _REQUIRED),
    "data": (_clean_data, {}),
    "action_url": (_clean_action_url, None),
    "priority": (_clean_priority, "normal"),
    "expires_at": (clean_time, None),
    "dedupe_key": (_clean_dedupe_key, None),
}
