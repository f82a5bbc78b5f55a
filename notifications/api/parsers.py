"""Reading a body: JSON in UTF-8, so many bytes at most, whatever the client says about it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from notifications import limits
from notifications.wire.problems import Problem, Refused
from notifications.wire.strict_json import loads


class StrictJSONParser(BaseParser):
    """Not reached through ``request.data``, which takes a chunked body and one without a type for an empty one."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return loads(stream.read(limits.BATCH_BODY_MAX + 1))


def read_body(request: HttpRequest, *, maximum: int = limits.BODY_MAX, may_be_empty: bool = False) -> bytes:
    """The bytes of a JSON body; 413 above ``maximum``, 415 for another content type."""
    claimed = (request.META.get("CONTENT_LENGTH") or "").lstrip("0")
    if claimed.isdecimal() and (len(claimed) > len(str(maximum)) or int(claimed) > maximum):
        raise _too_large(maximum)
    raw = request.read(maximum + 1)
    if len(raw) > maximum:
        raise _too_large(maximum)
    if raw or not may_be_empty:
        _check_type(request, raw)
    return raw


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object; raises MalformedJSON or ValidationError."""
    body = loads(raw)
    if not isinstance(body, dict):
        raise ValidationError("The body must be a JSON object.", code="invalid")
    return body


def _check_type(request: HttpRequest, raw: bytes) -> None:
    if not raw and not request.content_type:
        return
    charset = (request.content_params or {}).get("charset", "utf-8").lower()
    if request.content_type != StrictJSONParser.media_type or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(request.content_type or "")


def _too_large(maximum: int) -> Refused:
    return Refused(Problem(413, detail=f"A body here has at most {maximum} bytes."))
