"""Addresses as browsers read and write them: where a link leads, where a page comes from."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError

from .numbers import ACTION_URL_MAX
from .strings import clean_filled_text

# The host is spelt out because browsers and urlsplit disagree about odd ones: "%40", "[::1]x", "a b", "". The letters
# are, too: re.IGNORECASE would take U+017F for an "s".
_NOT_IN_URL = re.compile("[\\s\\\\\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HTTP_URL = re.compile(
    r"[Hh][Tt][Tt][Pp][Ss]?://"
    r"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_\u00a1-\U0010ffff][0-9A-Za-z._\u00a1-\U0010ffff-]*)"
    r"(?::[0-9]{0,5})?(?:[/?#].*)?"
)


def clean_action_url(value: object) -> str:
    url = clean_filled_text(value, ACTION_URL_MAX)
    if not _NOT_IN_URL.search(url):
        if url.startswith("/") and not url.startswith("//"):
            return url
        if _is_http_url(url):
            return url
    raise ValidationError("Must be http(s)://host… without credentials, or /path.", code="invalid")


_ORIGIN = re.compile(
    r"(?!ftp:|file:|wss?:)([a-z][a-z0-9+.-]*)://(?:\[[0-9a-f:.]+\]|[0-9a-z_][0-9a-z._-]*)(?::([1-9][0-9]{0,4}))?"
)
_UNSAID_PORTS = {"http": "80", "https": "443"}


def is_origin(value: object) -> bool:
    """Whether it is an origin as browsers send it, to be compared as it is: ``https://app.example.com[:port]``.

    Web views of applications have schemes of their own: ``capacitor://localhost``.
    """
    match = _ORIGIN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    scheme, port = match.groups()
    return scheme not in _UNSAID_PORTS or (port != _UNSAID_PORTS[scheme] and _is_http_url(match[0]))


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
