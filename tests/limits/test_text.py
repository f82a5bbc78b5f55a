"""Titles and descriptions, at the edge and one step beyond."""

import pytest

from notifications.limits import is_storable

from .trial import MINIMAL, clean, codes

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


@pytest.mark.parametrize("text", ["", "\x01\n", "\ud7ff\ue000", "\uffff\U0010ffff"], ids=ascii)
def test_text_that_utf_8_can_say_is_storable(text: str) -> None:
    assert is_storable(text)


@pytest.mark.parametrize("text", [*map(chr, (0, 0xD800, 0xDFFF)), "a\x00b", "\ud83d\ude00"], ids=ascii)
def test_nul_and_surrogates_are_not_storable(text: str) -> None:
    assert not is_storable(text)
