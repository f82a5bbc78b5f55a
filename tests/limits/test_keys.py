"""Keys that a sender makes up."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications.limits import clean_idempotency_key, is_visible_ascii

from .trial import MINIMAL, clean, codes

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
