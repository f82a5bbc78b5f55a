"""The whole examination: what is looked at, and what is not when its ground is missing."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import notify
from notifications.ops.doctor import Finding, Level, database
from tests.ops.doctor.looking import look

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sound_installation_has_no_problem() -> None:
    notify("alice", title="Hello", identifier="M")
    found = [finding for findings in look(full=True).values() for finding in findings]
    assert [finding for finding in found if finding.level is Level.PROBLEM] == []
    assert {"database", "migrations", "guard", "indexes", "clock", "expiry", "counters"} <= {f.check for f in found}
    assert all(finding.fix for finding in found if finding.level is not Level.OK)


def test_a_database_that_is_away_is_the_only_thing_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(sql: str, *params: object) -> Any:
        raise ConnectionError("refused\nby the server")

    monkeypatch.setattr(database, "one", away)
    found = look()
    assert found["database"] == [
        Finding(
            check="database",
            level=Level.PROBLEM,
            detail="ConnectionError: refused by the server",
            fix="Is the database running, and DATABASE_URL right?",
        )
    ]
    assert "counters" not in found
    assert "tokens" in found


def test_an_unknown_option_is_one_finding_and_no_traceback(settings: Any) -> None:
    settings.NOTIFICATIONS = {"TYPO": 1}
    found = look()
    assert "TYPO" in found["tokens"][0].detail
    assert {finding.level for finding in found["settings"]} >= {Level.PROBLEM}
