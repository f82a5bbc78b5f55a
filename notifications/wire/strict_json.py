"""JSON as every door reads it: one meaning for every text, and no text that costs more than its length."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

import orjson

from notifications.limits import JSON_MAX_DEPTH, is_storable


class MalformedJSON(ValueError):
    """The text is not JSON that this engine reads; ``detail`` is a sentence that says why."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def loads(raw: bytes | str, *, max_depth: int = JSON_MAX_DEPTH) -> Any:
    """The value of a JSON text; raises MalformedJSON and nothing else. A top-level array or object is depth 1."""
    text = _decode(raw)
    _check_depth(text, max_depth)
    try:
        value = _decoder.decode(text)
    except MalformedJSON:
        raise
    except json.JSONDecodeError as error:
        raise MalformedJSON(f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except ValueError:  # int() refuses more than 4300 digits
        raise MalformedJSON("A number is too long.") from None
    except RecursionError:  # only where the caller allows, or has used up, about a thousand levels
        raise MalformedJSON("Nested too deeply.") from None
    if "\\u" in text:  # raw, neither NUL nor a surrogate comes this far
        _check_strings(value)
    return value


def dumps(value: object) -> str:
    """Compact JSON text, not escaped to ASCII; raises ValueError for NaN and infinities."""
    try:
        return orjson.dumps(value).decode() if _is_finite(value) else _encode(value)
    except TypeError:  # half a surrogate pair, say
        return _encode(value)


def _is_finite(value: object) -> bool:
    """A look at what may hold a float: 1 µs for a notification."""
    todo = [value]
    while todo:
        each = todo.pop()
        inner: Iterable[object]
        if isinstance(each, dict):
            inner = each.values()
        elif isinstance(each, list | tuple):
            inner = each
        elif isinstance(each, float) and not math.isfinite(each):
            return False
        else:
            continue
        if inner:
            todo += [one for one in inner if type(one) not in _PLAIN]
    return True


_PLAIN = frozenset({str, int, bool, type(None)})
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _decode(raw: bytes | str) -> str:
    try:
        if isinstance(raw, str):
            raw.encode()
            text = raw
        else:
            text = raw.decode()
    except UnicodeError:
        raise MalformedJSON("Not valid UTF-8.") from None
    if text.startswith("\ufeff"):
        raise MalformedJSON("Starts with a byte order mark.")
    if not text.strip(" \t\r\n"):
        raise MalformedJSON("Empty: a JSON value is expected.")
    return text


# To the next bracket outside of strings, or to the end: a match for each bracket, and none for a string. Possessive,
# with an optional closing quote: an unclosed string is read once, never again from each quote in it.
_TO_BRACKET = re.compile(r'(?:[^"\[\]{}]++|"[^"\\]*+(?:\\.[^"\\]*+)*+"?)*+([\[\]{}]?)', re.DOTALL)


def _check_depth(text: str, maximum: int) -> None:
    """Before the recursive parser sees the text."""
    if text.count("[") + text.count("{") <= maximum:
        return
    depth = 0
    for match in _TO_BRACKET.finditer(text):
        mark = match[1]
        if mark in ("[", "{"):
            depth += 1
            if depth > maximum:
                raise MalformedJSON(f"Nested more than {maximum} levels deep.")
        else:
            depth -= 1


def _check_strings(top: Any) -> None:
    todo = [top]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            if not is_storable(value):
                raise MalformedJSON("A string holds NUL or a lone surrogate.")
        elif isinstance(value, dict):
            todo.extend(value)
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)


def _build_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    built = dict(members)
    if len(built) < len(members):
        raise MalformedJSON("An object names a member twice.")
    return built


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJSON(f"{name} is not a JSON value.")


def _parse_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise MalformedJSON("A number is too large.")
    return number


_decoder = json.JSONDecoder(object_pairs_hook=_build_object, parse_constant=_refuse_constant, parse_float=_parse_float)
