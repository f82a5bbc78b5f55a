"""``new_epoch``: one inbox or all, after asking."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError

from notifications import notify_many
from notifications.models import Inbox
from tests.commands.conftest import Terminal

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def two_inboxes() -> None:
    notify_many([123, "bob"], title="Hello", identifier="M")


def epochs() -> dict[str, str]:
    return dict(Inbox.objects.values_list("pk", "epoch"))


def test_one(run: Run) -> None:
    before = epochs()
    assert run("new_epoch", "123", "--yes") == ["The inbox of user 123 has a new epoch."]
    assert epochs()["123"] != before["123"]
    assert epochs()["bob"] == before["bob"]


def test_all(run: Run) -> None:
    before = epochs()
    assert run("new_epoch", "--all", "--yes") == ["2 of 2 inboxes", "2 inboxes have a new epoch."]
    assert not set(epochs().values()) & set(before.values())


def test_a_terminal_is_asked_and_shows_a_bar(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(builtins, "input", lambda question: asked.append(question) or "y")
    terminal = Terminal()
    run("new_epoch", "--all", out=terminal)
    assert asked == ["Have every device of 2 inboxes start again? [y/N] "]
    assert "1/1 2 of 2 inboxes" in terminal.getvalue()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name one user or give --all"),
        (["123", "--all", "--yes"], "Name one user or give --all"),
        (["nobody", "--yes"], "User nobody has no inbox"),
        (["me", "--yes"], "user id"),
        (["123"], "--yes"),
        (["--all"], "--yes"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    before = epochs()
    with pytest.raises(CommandError, match=message):
        run("new_epoch", *arguments)
    assert epochs() == before
