"""A cursor is exactly what was handed out, or refused."""

from base64 import urlsafe_b64encode

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from notifications.wire.cursors import Cursor, decode, encode

CURSORS = st.builds(Cursor, st.sampled_from(["older", "newer"]), st.integers(1, 2**63 - 1))


@given(CURSORS)
def test_a_cursor_comes_back_as_it_was(cursor: Cursor) -> None:
    text = encode(cursor)
    assert decode(text) == cursor
    assert len(text) <= 64
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


def raw(direction: int, identity: int) -> str:
    return urlsafe_b64encode(bytes([direction]) + identity.to_bytes(8, "big")).decode()


GOOD = encode(Cursor("older", 812))


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "812", "older", "!" * 12, "é" * 12, "\ud800" * 12, "A" * 11, "A" * 13, "A" * 65, "A" * 100_000),
        *(GOOD + "=", GOOD + "\n", " " + GOOD, GOOD + "AAAA", GOOD[:-1] + "+", GOOD[:-1] + "/", GOOD[:-1] + "="),
        *(raw(0, 0), raw(1, 0), raw(0, 2**63), raw(1, 2**64 - 1), raw(2, 812), raw(255, 812)),
    ],
    ids=lambda text: ascii(text)[:30],
)
def test_what_was_never_handed_out_is_refused(text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        decode(text)
    assert caught.value.code == "invalid_cursor"


@given(st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{12}", fullmatch=True))
def test_no_cursor_has_two_spellings(text: str) -> None:
    try:
        cursor = decode(text)
    except ValidationError:
        return
    assert encode(cursor) == text
