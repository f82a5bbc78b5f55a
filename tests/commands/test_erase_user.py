"""``erase_user``: it asks, erases, and says what was there."""

from __future__ import annotations

import builtins
import io
import json
from collections.abc import Callable

import pytest
from django.core.management import CommandError

from notifications import notify
from notifications.models import Inbox, Notification
from tests.commands.conftest import Terminal

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def one_notification() -> None:
    notify(123, title="Hello", identifier="M")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Somebody at a terminal who says this; returns what was asked."""

    def answer(text: str) -> list[str]:
        asked: list[str] = []
        monkeypatch.setattr("sys.stdin", Terminal())
        monkeypatch.setattr(builtins, "input", lambda question: asked.append(question) or text)
        return asked

    return answer


def test_it_says_what_was_there(run: Run) -> None:
    assert run("erase_user", "123", "--yes") == [
        "Erased of user 123: 1 notifications, 1 counts, 0 subscriptions, 0 stored answers, 1 inbox."
    ]
    assert not Inbox.objects.exists()


def test_a_program_reads_one_object(run: Run) -> None:
    (line,) = run("erase_user", "123", "--yes", "--json")
    assert json.loads(line) == {
        "user_id": "123", "notifications": 1, "unread_counts": 1, "subscriptions": 0, "idempotency_answers": 0,
        "inboxes": 1,
    }  # fmt: skip


def test_doing_it_twice_is_no_fault(run: Run) -> None:
    run("erase_user", "123", "--yes")
    assert run("erase_user", "123", "--yes") == ["Nothing was held about user 123."]


@pytest.mark.parametrize("text", ["y", "YES", " yes "])
def test_somebody_who_says_yes_is_heard(run: Run, answer: Callable[[str], list[str]], text: str) -> None:
    asked = answer(text)
    run("erase_user", "123")
    assert asked == ["Erase everything held about user 123? [y/N] "]
    assert not Notification.objects.exists()


@pytest.mark.parametrize("text", ["", "n", "no", "yess"])
def test_anything_else_is_no(run: Run, answer: Callable[[str], list[str]], text: str) -> None:
    answer(text)
    with pytest.raises(CommandError, match=r"^Nothing was changed\.$"):
        run("erase_user", "123")
    assert Notification.objects.exists()


def test_without_a_terminal_nobody_can_be_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(CommandError, match="--yes"):
        run("erase_user", "123")
    assert Notification.objects.exists()


@pytest.mark.parametrize("user", ["me", "0", " 1", "1_0", ""])
def test_a_user_there_cannot_be_is_refused(run: Run, user: str) -> None:
    with pytest.raises(CommandError, match="user id"):
        run("erase_user", user, "--yes")
