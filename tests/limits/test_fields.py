"""All fields of a notification together."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications.limits import clean_fields

from .trees import TREES
from .trial import MINIMAL, clean, codes


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
