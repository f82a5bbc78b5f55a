"""What is a user_id, and how it is shown."""

import uuid
from enum import IntEnum

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications.limits import clean_user_id, user_id_to_json

from .trial import SAFE, Word


class Level(IntEnum):
    HIGH = 3


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


def test_a_refusal_says_what_would_do() -> None:
    with pytest.raises(ValidationError, match="integer from 1 to 9007199254740991, or a string of 1 to 64 letters"):
        clean_user_id("a b")
    with pytest.raises(ValidationError, match="no reserved word: announcements, batch, keys, me, schema, tokens, ws"):
        clean_user_id("me")


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
