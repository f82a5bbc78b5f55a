"""``doctor``: what it prints, and its exit status."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError

from notifications import notify, notify_many
from notifications.models import Inbox
from notifications.ops.doctor import inboxes
from tests.commands.conftest import Terminal

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def one_inbox() -> None:
    notify("alice", title="Hello", identifier="M")


def test_each_line_says_ok_warning_or_problem(run: Run) -> None:
    lines = run("doctor")
    assert {line.split()[0] for line in lines} <= {"ok", "warning", "problem", "fix:"}
    assert "ok       guard: the trigger is in its place" in lines


def test_a_problem_is_followed_by_its_fix_and_ends_in_an_error(run: Run) -> None:
    Inbox.objects.update(unread=7)
    out = StringIO()
    with pytest.raises(CommandError, match=r"^1 problems, \d+ warnings\.$"):
        run("doctor", out=out)
    lines = out.getvalue().splitlines()
    at = lines.index("problem  counters: alice: unread is 7, counted 1")
    assert lines[at + 1] == "         fix: Run `manage.py doctor --full --fix-counters`."


def test_mended_is_no_problem(run: Run) -> None:
    Inbox.objects.update(unread=7)
    assert "ok       counters: mended alice: unread is 7, counted 1" in run("doctor", "--fix-counters")
    assert Inbox.objects.get().unread == 1


def test_a_program_reads_one_object(run: Run) -> None:
    document = json.loads("".join(run("doctor", "--json")))
    assert document["status"] in ("ok", "warning")
    assert set(document["findings"][0]) == {"check", "level", "detail", "fix"}


def test_a_program_reads_of_problems_too(run: Run) -> None:
    Inbox.objects.update(unread=7)
    out = StringIO()
    with pytest.raises(CommandError):
        run("doctor", "--json", "--full", out=out)
    assert json.loads(out.getvalue())["status"] == "problem"


def test_bad_options_are_told_by_the_doctor_and_not_in_its_way(run: Run, settings: Any) -> None:
    settings.NOTIFICATIONS = {"TYPO": 1}
    out = StringIO()
    with pytest.raises(CommandError, match="problems"):
        run("doctor", out=out)
    assert "NOTIFICATIONS has unknown keys: TYPO" in out.getvalue()


def test_a_full_recount_shows_how_far_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inboxes, "PORTION", 2)
    monkeypatch.setattr("notifications.management.commands.doctor.PORTION", 2)
    notify_many(["bob", "carl"], title="Hello", identifier="M")
    lines = run("doctor", "--full")
    assert [line for line in lines if "recounted" in line] == [
        "2 of 3 inboxes recounted",
        "3 of 3 inboxes recounted",
    ]
    terminal = Terminal()
    run("doctor", "--full", out=terminal)
    assert "[########################] 2/2 3 of 3 inboxes recounted" in terminal.getvalue()
    assert "\nok       counters: no drift in 3 inboxes" in terminal.getvalue()
