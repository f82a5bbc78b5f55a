"""docs/settings.md names every setting there is, with its default, and none that is not."""

import ast
import re
from dataclasses import fields
from pathlib import Path

from notifications.conf import RATES, Options

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "settings.md").read_text()
VARIABLES, OPTIONS = TEXT.split("## `NOTIFICATIONS`")
READERS = {"database", "strong_secret", "hosts", "origins", "token_keys", "redis_url", "topics"}


def test_every_option_stands_with_its_default():
    options = Options()
    expected = {item.name: repr(getattr(options, item.name)).replace("'", '"') for item in fields(Options)}
    documented = {row[0]: row[2] for row in _rows(OPTIONS)}
    assert documented == expected


def test_the_default_rates_are_the_documented_ones():
    assert str(RATES).replace("'", '"') in OPTIONS


def test_every_environment_variable_that_is_read_is_documented():
    assert _read_variables() == {row[0] for row in _rows(VARIABLES)}


def _rows(text: str) -> list[list[str]]:
    rows = re.findall(r"^\| `([A-Z_]+)` \|(.*)\|$", text, flags=re.MULTILINE)
    return [[name, *(cell.strip().strip("`") for cell in rest.split(" | "))] for name, rest in rows]


def _read_variables() -> set[str]:
    found = set()
    for path in (ROOT / "notification_engine").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and _reads_the_environment(node.func):
                name = node.args[0]
                if isinstance(name, ast.Constant):
                    found.add(name.value)
    return found - {"DJANGO_SETTINGS_MODULE"}


def _reads_the_environment(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return "env" in ast.unparse(function.value)
    return isinstance(function, ast.Name) and function.id in READERS
