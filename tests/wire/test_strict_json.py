"""JSON texts that have one meaning, and the many that are refused."""

import contextlib
import json
import time
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.wire.strict_json import MalformedJSON, dumps, loads


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        (" \t\r\n{} \n", {}),
        ('"a"', "a"),
        ("-0.5e3", -500.0),
        ("1e-400", 0.0),
        ("9007199254740993", 9007199254740993),
        ("9" * 4300, int("9" * 4300)),
        ('{"a":[1,{"b":null}]}', {"a": [1, {"b": None}]}),
        (r'"\ud83d\ude00 \u00e9 \u0001 \u2028"', "😀 é \x01 \u2028"),
        (r'"\\ud800 \\u0000"', r"\ud800 \u0000"),
        ('"😀\u2028"', "😀\u2028"),
        ('"' + "[" * 1000 + '"', "[" * 1000),
        ('["' + r"\"[" * 50 + r'\\", "{{{{{{{{{{{{{{{{{{{{"]', ['"[' * 50 + "\\", "{" * 20]),
        ("[" * 16 + "]" * 16, json.loads("[" * 16 + "]" * 16)),
        ("[" + "[]," * 100 + "{}]", [[]] * 100 + [{}]),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_good_json_is_read(text: str, value: object) -> None:
    assert loads(text) == value
    assert loads(text.encode()) == value


@pytest.mark.parametrize(
    ("raw", "hint"),
    [
        (b"", "Empty"),
        (" \r\n\t", "Empty"),
        (b"\xff", "UTF-8"),
        (b'"\xc0\x80"', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        ('"\ud800"', "UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("\ufeff{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-8"),
        ("{}".encode("utf-16-le"), "line 1, column 2"),
        (b"{} {}", "Extra data"),
        (b"{}\x00", "Extra data"),
        (b"[1,]", "line 1"),
        (b'{"a":1,}', "line 1"),
        (b"{'a':1}", "line 1"),
        (b"\n nope", "line 2, column 2"),
        (b"[1", "line 1"),
        (b'"open', "Unterminated"),
        (b'"a\nb"', "Invalid control character"),
        (b'"a\x00b"', "Invalid control character"),
        (rb'"\x"', "escape"),
        (rb'"\u12"', "escape"),
        (b"01", "Extra data"),
        (b"+1", "Expecting value"),
        ("\u0661", "Expecting value"),
        (b'{"a":1,"a":1}', "twice"),
        (b'[{"x":{"a":1,"b":2,"\\u0061":3}}]', "twice"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b"1e400", "too large"),
        (b"[-1e400]", "too large"),
        (b"1" + b"0" * 400 + b".0", "too large"),
        (b"9" * 4301, "too long"),
        (b"[-" + b"9" * 100_000 + b"]", "too long"),
        (b"[" * 17 + b"]" * 17, "deep"),
        (b"[" * 990, "deep"),
        (b"[" * 100_000, "deep"),
        (b'{"a":' * 100_000, "deep"),
        (b'["\\\\",' * 17, "deep"),
        (rb'"\ud800"', "surrogate"),
        (rb'"\udc00\ud800"', "surrogate"),
        (rb'"\uD83Dx"', "surrogate"),
        (rb'{"a":[{"\udfff":1}]}', "surrogate"),
        (rb'"\u0000"', "NUL"),
        (rb'[{"a\u0000":1}]', "NUL"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_bad_json_is_refused_with_a_reason(raw: bytes | str, hint: str) -> None:
    with pytest.raises(MalformedJSON) as caught:
        loads(raw)
    assert hint in caught.value.detail
    assert len(caught.value.detail) < 100


def test_the_depth_is_the_callers_choice() -> None:
    assert loads(b"[[]]", max_depth=2) == [[]]
    with pytest.raises(MalformedJSON):
        loads(b"[[[]]]", max_depth=2)
    assert loads(b"1", max_depth=0) == 1


def test_a_caller_who_allows_any_depth_gets_no_recursion_error() -> None:
    with pytest.raises(MalformedJSON):
        loads("[" * 200_000 + "]" * 200_000, max_depth=10**6)


@pytest.mark.parametrize(
    "hostile",
    [
        '["' + r"\"" * 500_000 + "[" * 20,
        '"\\' * 350_000 + "[" * 20,
        "[" * 16 + '"",' * 350_000,
        "[]" * 500_000,
        "[" + r'"\u0041",' * 100_000 + "1]",
        '{"a":"' + "\\" * 1_000_000,
    ],
    ids=["escaped quotes", "quotes and backslashes", "strings", "brackets", "escapes", "backslashes"],
)
def test_a_hostile_mebibyte_costs_no_more_than_its_length(hostile: str) -> None:
    started = time.process_time()
    with contextlib.suppress(MalformedJSON):
        loads(hostile)
    assert time.process_time() - started < 1.5  # linear: under 0.2 s; quadratic: minutes


DEEP: Any = reduce(lambda inner, _: [inner], range(500), 0)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_the_standard_reader_agrees(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    if "\\u0000" in text:
        return
    assert loads(text, max_depth=100) == json.loads(text)
    assert loads(text.encode(), max_depth=100) == value


@given(VALUES)
def test_what_is_written_is_read_back(value: Any) -> None:
    text = dumps(value)
    if "\\u0000" not in text:
        assert loads(text, max_depth=100) == value


JSON_LIKE = st.text(alphabet='[]{}",:\\u0d8ctrufalsn-+.eE19 \n\x00\ud800\ufeff', max_size=60)


@given(st.binary(max_size=60) | st.text(max_size=60) | JSON_LIKE)
def test_whatever_comes_the_only_error_is_malformed_json(raw: bytes | str) -> None:
    try:
        value = loads(raw)
    except MalformedJSON:
        return
    assert json.loads(dumps(value).encode()) == value


def test_writing_is_compact_and_not_escaped() -> None:
    assert dumps({"a": ["ü😀", 1, None]}) == '{"a":["ü😀",1,null]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_writing_refuses_what_is_no_json_number(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps([number])
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps({"a": {"b": (1, {"c": number})}})


@pytest.mark.parametrize("value", [{"n": 2**70}, {"n": -(2**70)}, {"text": "half \ud800"}, DEEP], ids="abcd")
def test_what_the_quick_writer_refuses_is_written_all_the_same(value: Any) -> None:
    assert json.loads(dumps(value)) == value
