"""What may be attached, at the edge and one step beyond."""

import json
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications import limits

from .trees import TREES
from .trial import MINIMAL, NOW, SAFE, clean, codes


def nested(levels: int) -> dict[str, Any]:
    """An object with ``levels`` containers inside each other, itself included."""
    value: Any = [] if levels > 1 else None
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


def data_of(size: int) -> dict[str, str]:
    """An object of exactly ``size`` bytes as compact JSON."""
    return {"a": "x" * (size - len('{"a":""}'))}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"": None},
        {"order": 7, "ok": True, "price": 1.5, "tags": ["a", {"b": []}], "nothing": None},
        {"max": SAFE, "min": -SAFE, "float": 1e300, "tiny": 5e-324},
        {"controls": "\x01\n\r\x7f", "emoji 😀": "\u2028"},
        {"__proto": 1, "proto__": "__proto__", "constructor": 1},
        nested(8),
        data_of(8192),
        {"ü" * 2000: "😀" * 1000},
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_data_is_kept_equal(data: dict[str, Any]) -> None:
    assert clean("data", data) == data


def test_data_is_a_copy_down_to_the_leaves() -> None:
    mine: dict[str, Any] = {"list": [1]}
    kept = clean("data", mine)
    mine["list"].append(2)
    assert kept == {"list": [1]}


def cyclic_object() -> dict[str, Any]:
    value: dict[str, Any] = {}
    value["self"] = value
    return value


def wide_cycle() -> dict[str, Any]:
    value: list[Any] = []
    value.extend([value] * 100)
    return {"a": value}


def billion_laughs() -> dict[str, Any]:
    value: list[Any] = ["lol"]
    for _ in range(6):
        value = [value] * 1000
    return {"a": value}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (data_of(8193), "max_length"),
        ({"a": "ü" * 4093}, "max_length"),
        ({"a": "\x01" * 1400}, "max_length"),
        ({"a": [0] * 5000}, "max_length"),
        ({"a": [0] * 1_000_000}, "max_length"),
        ({"a": "x" * 1_000_000}, "max_length"),
        ({"x" * 1_000_000: 1}, "max_length"),
        (billion_laughs(), "max_length"),
        (wide_cycle(), "max_length"),
        (cyclic_object(), "invalid"),
        (nested(9), "invalid"),
        (nested(100_000), "invalid"),
        *(({"a": value}, "invalid") for value in (SAFE + 1, -SAFE - 1, 10**5000)),
        *(({"a": [value]}, "invalid") for value in (float("nan"), float("inf"), float("-inf"))),
        *(({"a": value}, "invalid") for value in ((1,), {1}, b"x", NOW, uuid.UUID(int=1), object(), 1j)),
        *(({"a": [{key: 1}]}, "invalid") for key in ("__proto__", "a\x00", "\ud800", 1, None, True, (1,))),
        *(({"a": [{"b": value}]}, "invalid") for value in ("a\x00", "\ud800", "\udc00\ud800")),
    ],
    ids=lambda value: "data" if isinstance(value, dict) else value,
)
def test_bad_data_is_refused(data: object, code: str) -> None:
    assert codes({**MINIMAL, "data": data}) == {"data": [code]}


@pytest.mark.parametrize("data", [[], "{}", 0, False, "", ()], ids=repr)
def test_data_is_an_object(data: object) -> None:
    assert codes({**MINIMAL, "data": data}) == {"data": ["invalid"]}


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(st.dictionaries(st.text(max_size=4), TREES, max_size=4))
def test_accepted_data_survives_json_and_keeps_the_limits(data: dict[str, Any]) -> None:
    try:
        kept = clean("data", data)
    except ValidationError:
        return
    encoded = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert kept == data == json.loads(encoded)
    assert len(encoded.encode()) <= limits.DATA_MAX_BYTES
    assert depth_of(data) <= limits.DATA_MAX_DEPTH
