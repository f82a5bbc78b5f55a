"""Identifiers and priorities."""

import pytest
from django.core.exceptions import ValidationError

from notifications.limits import clean_topic

from .trial import MINIMAL, Word, clean, codes


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


@pytest.mark.parametrize("topic", ["news", "order.shipped", "a b", "1", "a._:@+#-", "x" * 100])
def test_a_topic_is_kept(topic: str) -> None:
    assert clean_topic(topic) == topic


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("", "blank"),
        ("x" * 101, "max_length"),
        *(
            (text, "invalid")
            for text in ("a/b", " a", ".a", "..", "a\n", "a,b", "a\\b", "ä", "a\u0661", "<b>", "a%2Fb", 1)
        ),
    ],
    ids=ascii,
)
def test_a_bad_topic_is_refused(topic: object, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_topic(topic)
    assert caught.value.code == code


@pytest.mark.parametrize("priority", ["low", "normal", "high", "urgent"])
def test_a_priority_is_one_of_four_words(priority: str) -> None:
    assert clean("priority", priority) == priority


@pytest.mark.parametrize("priority", ["", "HIGH", "high ", "critical"])
def test_any_other_priority_is_refused(priority: str) -> None:
    assert codes({**MINIMAL, "priority": priority}) == {"priority": ["invalid"]}


def test_a_string_enum_counts_as_its_value() -> None:
    assert type(clean("priority", Word.HIGH)) is str
    assert clean("priority", Word.HIGH) == "high"
