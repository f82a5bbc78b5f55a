"""Every language that is shipped says everything, in the plural forms it has, with the same places to fill."""

import json
import re
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "notifications"
LOCALES = sorted((APP / "static" / "notifications" / "locales").glob("*.json"))
ENGLISH = (APP / "bell" / "texts.js").read_text().split("const ENGLISH = {")[1].split("\n};")[0]
KEYS = re.findall(r"^  (\w+): (.*),$", ENGLISH, flags=re.MULTILINE)


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_the_promised_languages_are_shipped_and_asked_for():
    assert [path.stem for path in LOCALES] == ["ar", "de", "es", "fr", "ja"]
    assert "const SHIPPED = ['ar', 'de', 'es', 'fr', 'ja'];" in (APP / "bell" / "texts.js").read_text()


@pytest.mark.parametrize("path", LOCALES, ids=lambda path: path.stem)
def test_a_language_says_everything(path):
    words = json.loads(path.read_text())
    assert list(words) == [key for key, _ in KEYS]
    for key, english in KEYS:
        forms = words[key].values() if isinstance(words[key], dict) else [words[key]]
        assert isinstance(words[key], str) or "other" in words[key]
        assert all(form.strip() for form in forms)
        assert set().union(*map(_places, forms)) == _places(english.split("one:")[0] + english.split("other:")[-1])


def test_arabic_has_all_its_plurals():
    words = json.loads((LOCALES[0]).read_text())
    assert set(words["areNew"]) == {"zero", "one", "two", "few", "many", "other"}
