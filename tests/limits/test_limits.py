"""Every limit of the contract, at its edge and one step beyond."""

import json
import uuid
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications import limits
from notifications.limits import clean_fields, clean_idempotency_key, clean_user_id, is_visible_ascii, user_id_to_json

SAFE = 2**53 - 1
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINIMAL = {"user_id": 123, "title": "Hello", "identifier": "MESSAGE"}
URL_2000 = "https://example.com/".ljust(2000, "x")


class Level(IntEnum):
    HIGH = 3


class Word(str, Enum):  # noqa: UP042 - the old idiom, whose str() is "Word.HIGH"
    HIGH = "high"


def clean(field: str, value: object) -> Any:
    return clean_fields({**MINIMAL, field: value}, now=NOW)[field]


def codes(values: dict[str, object]) -> dict[str, list[str | None]]:
    with pytest.raises(ValidationError) as caught:
        clean_fields(values, now=NOW)
    return {field: [error.code for error in errors] for field, errors in caught.value.error_dict.items()}


def nested(levels: int) -> dict[str, Any]:
    """An object with ``levels`` containers inside each other, itself included."""
    value: Any = [] if levels > 1 else None
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


def data_of(size: int) -> dict[str, str]:
    """An object of exactly ``size`` bytes as compact JSON."""
    return {"a": "x" * (size - len('{"a":""}'))}


# --- user_id


@pytest.mark.parametrize(
    ("given_id", "stored", "shown"),
    [
        (1, "1", 1),
        (123, "123", 123),
        ("123", "123", 123),
        (SAFE, str(SAFE), SAFE),
        (str(SAFE), str(SAFE), SAFE),
        (str(SAFE + 1), str(SAFE + 1), str(SAFE + 1)),
        ("9" * 20, "9" * 20, "9" * 20),
        ("007", "007", "007"),
        ("00", "00", "00"),
        ("alice", "alice", "alice"),
        ("Me", "Me", "Me"),
        ("me2", "me2", "me2"),
        ("1__0", "1__0", "1__0"),
        ("1_a", "1_a", "1_a"),
        ("user_1_0", "user_1_0", "user_1_0"),
        ("bob.smith+tag@example.com", "bob.smith+tag@example.com", "bob.smith+tag@example.com"),
        ("urn:x-y", "urn:x-y", "urn:x-y"),
        ("a" * 64, "a" * 64, "a" * 64),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007", "00000000-0000-0000-0000-000000000007"),
        (Level.HIGH, "3", 3),
        (Word.HIGH, "high", "high"),
    ],
)
def test_a_user_id_has_one_stored_and_one_shown_form(given_id: object, stored: str, shown: int | str) -> None:
    assert clean_user_id(given_id) == stored
    assert user_id_to_json(stored) == shown
    assert type(clean_user_id(given_id)) is str
    assert type(user_id_to_json(stored)) is type(shown)


@pytest.mark.parametrize(
    "refused",
    [
        *(True, False, 0, -1, SAFE + 1, 10**400, 1.0, 123.5, None, [], {}, [1], (1,), b"123", object()),
        *("", "0", "1_0", "1_2_3", "0_0", "-1", "+1", " 1", "1 ", "1\n", "\n1", "1\x00", "a\ud800"),
        *("\u0661", "\uff11", "\u00b2", "é"),
        *("a" * 65, "a/b", "a b", "_a", ".a", "@a", "a,b", "a%b", "a\\b", "../x"),
        *("me", "ws", "batch", "announcements", "tokens", "keys", "schema"),
    ],
)
def test_what_is_no_user_id_is_refused(refused: object) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_user_id(refused)
    assert caught.value.code == "invalid"


@given(st.one_of(st.integers(1, SAFE), st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._@+:-]{0,63}", fullmatch=True)))
def test_a_shown_user_id_given_back_is_the_same_user(given_id: int | str) -> None:
    try:
        stored = clean_user_id(given_id)
    except ValidationError:
        return
    assert stored == str(given_id)
    assert clean_user_id(user_id_to_json(stored)) == stored
    assert clean_user_id(stored) == stored


@given(st.text(alphabet="0123456789_", min_size=1, max_size=8))
def test_a_string_that_python_reads_as_a_number_is_refused_unless_it_is_only_digits(text: str) -> None:
    try:
        int(text)
    except ValueError:
        return
    if text.isdigit() and text != "0":
        assert clean_user_id(text) == text
    else:
        with pytest.raises(ValidationError):
            clean_user_id(text)


# --- all fields together


def test_what_is_missing_gets_its_default() -> None:
    assert clean_fields(MINIMAL) == {
        "user_id": "123",
        "title": "Hello",
        "description": "",
        "identifier": "MESSAGE",
        "data": {},
        "action_url": None,
        "priority": "normal",
        "expires_at": None,
        "dedupe_key": None,
    }


def test_default_data_is_a_new_object_each_time() -> None:
    clean_fields(MINIMAL)["data"]["a"] = 1
    assert clean_fields(MINIMAL)["data"] == {}


def test_required_fields_are_named() -> None:
    assert codes({}) == {"user_id": ["required"], "title": ["required"], "identifier": ["required"]}


def test_every_bad_field_is_named_at_once() -> None:
    bad_in_every_field: dict[str, object] = {
        "user_id": True,
        "title": " ",
        "description": "x" * 4001,
        "identifier": None,
        "data": [],
        "action_url": "javascript:alert(1)",
        "priority": "High",
        "expires_at": "tomorrow",
        "dedupe_key": "a b",
        "is_read": True,
        "id": 1,
    }
    assert codes(bad_in_every_field) == {
        "user_id": ["invalid"],
        "title": ["blank"],
        "description": ["max_length"],
        "identifier": ["null"],
        "data": ["invalid"],
        "action_url": ["invalid"],
        "priority": ["invalid"],
        "expires_at": ["invalid"],
        "dedupe_key": ["invalid"],
        "is_read": ["unknown_field"],
        "id": ["unknown_field"],
    }


@pytest.mark.parametrize("field", ["user_id", "title", "description", "identifier", "data", "priority"])
def test_null_is_refused_where_it_means_nothing(field: str) -> None:
    assert codes({**MINIMAL, field: None}) == {field: ["null"]}


@pytest.mark.parametrize("field", ["action_url", "expires_at", "dedupe_key"])
def test_null_is_none_where_it_means_absent(field: str) -> None:
    assert clean(field, None) is None


@pytest.mark.parametrize(
    "field", ["title", "description", "identifier", "action_url", "priority", "expires_at", "dedupe_key"]
)
@pytest.mark.parametrize("value", [7, 1.5, True, [], {}, b"high"], ids=repr)
def test_nothing_is_coerced_to_text(field: str, value: object) -> None:
    assert codes({**MINIMAL, field: value}) == {field: ["invalid"]}


@pytest.mark.parametrize(
    "field", ["title", "description", "identifier", "user_id", "action_url", "priority", "expires_at", "dedupe_key"]
)
@pytest.mark.parametrize("rubbish", ["a\ud800b", "c\udfffd", "a\x00b"], ids=ascii)
def test_lone_surrogates_and_nul_are_refused_everywhere(field: str, rubbish: str) -> None:
    assert codes({**MINIMAL, field: rubbish}) == {field: ["invalid"]}


# --- text

VERBATIM = ["Grüße", "👩‍👩‍👧 ok", "\u202eright to left", "e\u0301 and \u00e9", "<b>&amp;</b>", "%s {x}", "a\u200bb"]


@pytest.mark.parametrize("text", VERBATIM, ids=ascii)
@pytest.mark.parametrize("field", ["title", "description"])
def test_text_is_kept_verbatim(field: str, text: str) -> None:
    assert clean(field, text) == text


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("  Hello \n", "Hello"),
        ("\u00a0Hello\u2028", "Hello"),
        ("x" * 200, "x" * 200),
        (" " * 300 + "x" * 200 + "\t", "x" * 200),
        ("😀" * 200, "😀" * 200),
    ],
    ids=["spaces", "unicode spaces", "longest", "longest after trimming", "code points"],
)
def test_a_title_is_trimmed_before_it_is_measured(title: str, kept: str) -> None:
    assert clean("title", title) == kept


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("", "blank"),
        (" \t\n\u00a0\u2003", "blank"),
        ("x" * 201, "max_length"),
        *((f"a{chr(number)}b", "invalid") for number in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)),
    ],
    ids=ascii,
)
def test_a_bad_title_is_refused(title: str, code: str) -> None:
    assert codes({**MINIMAL, "title": title}) == {"title": [code]}


@pytest.mark.parametrize("description", ["", "  kept  ", "two\nlines\tand a tab", "x" * 4000, "a\u2028b"], ids=ascii)
def test_a_description_keeps_its_lines(description: str) -> None:
    assert clean("description", description) == description


@pytest.mark.parametrize("number", [n for n in (*range(0x20), *range(0x7F, 0xA0)) if chr(n) not in "\n\t"], ids=hex)
def test_a_description_holds_no_other_control_character(number: int) -> None:
    assert codes({**MINIMAL, "description": f"a{chr(number)}b"}) == {"description": ["invalid"]}


@pytest.mark.parametrize("identifier", ["MESSAGE", "order.shipped", "a b", "1", "a._:/@+#-", "x" * 100])
def test_an_identifier_is_kept(identifier: str) -> None:
    assert clean("identifier", identifier) == identifier


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("", "blank"),
        ("x" * 101, "max_length"),
        *((text, "invalid") for text in (" a", ".a", "a\n", "a\tb", "a,b", "a\\b", "ä", "a\u0661", "<b>", "a&b")),
    ],
    ids=ascii,
)
def test_a_bad_identifier_is_refused(identifier: str, code: str) -> None:
    assert codes({**MINIMAL, "identifier": identifier}) == {"identifier": [code]}


@pytest.mark.parametrize("priority", ["low", "normal", "high", "urgent"])
def test_a_priority_is_one_of_four_words(priority: str) -> None:
    assert clean("priority", priority) == priority


@pytest.mark.parametrize("priority", ["", "HIGH", "high ", "critical"])
def test_any_other_priority_is_refused(priority: str) -> None:
    assert codes({**MINIMAL, "priority": priority}) == {"priority": ["invalid"]}


def test_a_string_enum_counts_as_its_value() -> None:
    assert type(clean("priority", Word.HIGH)) is str
    assert clean("priority", Word.HIGH) == "high"


NOT_VISIBLE_ASCII = [("a b", "invalid"), ("a\n", "invalid"), ("a\x7f", "invalid"), ("é", "invalid")]


@pytest.mark.parametrize("key", ["a", "!~", "x" * 128])
def test_a_dedupe_key_is_visible_ascii(key: str) -> None:
    assert clean("dedupe_key", key) == key


@pytest.mark.parametrize(("key", "code"), [("", "blank"), ("x" * 129, "max_length"), *NOT_VISIBLE_ASCII])
def test_a_bad_dedupe_key_is_refused(key: str, code: str) -> None:
    assert codes({**MINIMAL, "dedupe_key": key}) == {"dedupe_key": [code]}


def test_an_idempotency_key_is_visible_ascii() -> None:
    assert clean_idempotency_key("x" * 255) == "x" * 255


@pytest.mark.parametrize(("key", "code"), [("", "blank"), ("x" * 256, "max_length"), *NOT_VISIBLE_ASCII])
def test_a_bad_idempotency_key_is_refused(key: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_idempotency_key(key)
    assert caught.value.code == code


@given(st.text())
def test_visible_ascii_is_what_its_name_says(text: str) -> None:
    assert is_visible_ascii(text) == (text != "" and all("!" <= character <= "~" for character in text))


# --- action_url


@pytest.mark.parametrize(
    "url",
    [
        *("/", "/orders/7", "/a//b", "/search?q=a@b#c", "/ünï", "/http://x"),
        *("http://example.com", "HTTPS://Example.COM/x", "https://h?q=1", "https://h#f", "http://localhost:8000/a"),
        *("http://127.0.0.1:0/", "http://h:65535", "http://h:/x", "http://[::1]:8000/x", "http://[::ffff:1.2.3.4]"),
        *("https://müller.example/x", "https://例え.jp", "https://h/a@b", "https://h/?mail=a@b", "http://a_b.c-d"),
        URL_2000,
    ],
)
def test_an_action_url_is_kept_as_it_is(url: str) -> None:
    assert clean("action_url", url) == url


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "blank"),
        (URL_2000 + "x", "max_length"),
        ("/" * 2 + "x" * 1999, "max_length"),
        *(
            (url, "invalid")
            for url in [
                *("//evil.com", "///evil.com", "/\\evil.com", "\\\\evil.com", "/a\\b", "orders/7", "?q", "#f", "x"),
                *("http://a@evil.com", "http://a:b@evil.com", "http://@evil.com", "https://good.com@evil.com/x"),
                *("http:///x", "http://", "http:", "https:evil.com", "http:/x", "http://:80", "http://?x", "http://#x"),
                *("javascript:alert(1)", "JaVaScRiPt://h/%0aalert(1)", "data:text/html,x", "ftp://h", "file:///x"),
                *(" http://h", "http://h ", "ht\ttp://h", "http://h/a b", "http://h/\n", "/a b", "/a\tb", "/\n/x"),
                *("\x00http://h", "\x1fhttp://h", "/a\x7f", "/a\x85b", "/a\u00a0b", "/a\u2028b", "\ufeffhttp://h"),
                *("http://[::1", "http://::1]", "http://[]", "http://[zz]", "http://[::1]x", "http://[::1%25eth0]"),
                *("http://[1.2.3.4]", "http://[v1.a]", "http://h:99999", "http://h:65536", "http://h:-1", "http://h:x"),
                *(
                    "http://h:\uff18\uff10",
                    "http://h:1:2",
                    "http://a%40evil.com",
                    "http://a%00b",
                    "http://h\\@evil.com",
                ),
                *("http://evil.com\uff0f@x", "http://good\uff20evil.com", "http://a\u2100b", "http://<b>", "http://.h"),
                *("http://a|b", 'http://a"b', "http://a^b", "http://\u00ad", "http://a\u202eb", "http\u017f://h"),
            ]
        ),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_action_url_is_refused(url: str, code: str) -> None:
    assert codes({**MINIMAL, "action_url": url}) == {"action_url": [code]}


# --- expires_at


@pytest.mark.parametrize(
    ("given_time", "kept"),
    [
        ("2026-11-22T10:00:01Z", NOW + timedelta(seconds=1)),
        ("2026-11-22t10:00:01z", NOW + timedelta(seconds=1)),
        ("2026-11-22T10:00:00.000001Z", NOW + timedelta(microseconds=1)),
        ("2026-11-22T10:00:00.0000019Z", NOW + timedelta(microseconds=1)),
        ("2026-11-22T10:00:00.5+00:00", NOW + timedelta(milliseconds=500)),
        ("2026-11-22T10:00:01.123456789-00:00", NOW + timedelta(seconds=1, microseconds=123456)),
        ("2026-11-22T09:30:00-05:30", NOW + timedelta(hours=5)),
        ("2026-11-23T00:00:00+02:00", NOW + timedelta(hours=12)),
        ("2026-11-22T10:00:00-23:59", NOW + timedelta(hours=23, minutes=59)),
        ("9999-12-31T23:59:59.999999Z", datetime.max.replace(tzinfo=UTC)),
        (datetime(2026, 11, 22, 13, tzinfo=timezone(timedelta(hours=2))), NOW + timedelta(hours=1)),
    ],
)
def test_an_expiry_becomes_utc(given_time: object, kept: datetime) -> None:
    assert clean("expires_at", given_time) == kept
    assert clean("expires_at", given_time).tzinfo is UTC


@pytest.mark.parametrize(
    "refused",
    [
        *("", "2026-11-22", "2026-11-23T10:00:00", "2026-11-23 10:00:00Z", "2026-11-23T10:00Z", "20261123T100000Z"),
        *("2026-11-23T10:00:00.Z", "2026-11-23T10:00:00.1234567890Z", "2026-11-23T10:00:00,5Z", "2026-W48-1T10:00:00Z"),
        *("2026-11-23T10:00:00+0200", "2026-11-23T10:00:00+02", "2026-11-23T10:00:00+24:00"),
        *("2026-11-23T10:00:00+01:60", "2026-11-23T10:00:00+02:00:00"),
        *("2026-12-31T23:59:60Z", "2026-11-23T24:00:00Z", "2026-11-23T10:60:00Z", "2027-02-29T10:00:00Z"),
        *("2026-00-01T00:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
        *("2026-11-23T10:00:00Z\n", " 2026-11-23T10:00:00Z", "\u0662026-11-23T10:00:00Z", "12026-11-23T10:00:00Z"),
        *(datetime(2026, 11, 23), NOW.date(), datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))),
        *("2026-11-22T10:00:00Z", "2026-11-22T09:59:59Z", "2026-11-22T11:00:00+02:00", "1970-01-01T00:00:00Z", NOW),
    ],
)
def test_an_expiry_that_is_no_future_moment_is_refused(refused: object) -> None:
    assert codes({**MINIMAL, "expires_at": refused}) == {"expires_at": ["invalid"]}


def test_an_expiry_is_compared_with_the_clock_by_default() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert clean_fields({**MINIMAL, "expires_at": soon})["expires_at"] == soon
    with pytest.raises(ValidationError):
        clean_fields({**MINIMAL, "expires_at": soon - timedelta(minutes=2)})


# --- data


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


LEAVES = st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(max_size=8)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=30,
)


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


# --- anything at all

ANYTHING = TREES | st.datetimes() | st.binary(max_size=8) | st.uuids() | st.text(st.characters(), max_size=30)


@given(st.dictionaries(st.sampled_from([*clean_fields(MINIMAL), "id"]), ANYTHING))
def test_whatever_is_given_the_only_error_is_a_validation_error(values: dict[str, object]) -> None:
    try:
        cleaned = clean_fields(values)
    except ValidationError as error:
        found = {problem.code for problems in error.error_dict.values() for problem in problems}
        assert found <= {"required", "null", "blank", "max_length", "invalid", "unknown_field"}
    else:
        assert clean_fields(cleaned) == cleaned
