"""``mock_events``: the prototype's three events, and stories that can be told again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError

from notifications import limits
from notifications.management.scenarios import SCENARIOS
from notifications.models import Notification

from .conftest import Terminal

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


def told() -> list[tuple[Any, ...]]:
    rows = Notification.objects.order_by("id")
    return [
        (row.user_id, row.identifier, row.title, row.description, row.priority, json.dumps(row.data)) for row in rows
    ]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the command slept, each time; it does not really."""
    naps: list[float] = []
    monkeypatch.setattr(time, "sleep", naps.append)
    return naps


def test_the_classic_three_for_user_123(run: Run, naps: list[float]) -> None:
    run("mock_events", count=3)
    assert [row[:3] for row in told()] == [
        ("123", "MESSAGE", "New Message Received"),
        ("123", "SUBSCRIPTION_EXPIRY", "Subscription Expiring Soon"),
        ("123", "PROFILE_SETUP", "Profile Setup Complete"),
    ]
    assert told()[0][3] == "This is a new message from John Doe"
    assert "7 days" in told()[1][3]


def test_they_come_round_again(run: Run, naps: list[float]) -> None:
    run("mock_events", count=7)
    assert [row[1] for row in told()][3:] == ["MESSAGE", "SUBSCRIPTION_EXPIRY", "PROFILE_SETUP", "MESSAGE"]


def test_the_first_fires_at_once_and_nothing_is_waited_for_at_the_end(run: Run, naps: list[float]) -> None:
    run("mock_events", count=3)
    assert naps == [5, 5]


def test_the_interval_and_the_user_can_be_chosen(run: Run, naps: list[float]) -> None:
    run("mock_events", count=2, interval=0.5, user_id="a@b")
    assert naps == [0.5]
    assert {row[0] for row in told()} == {"a@b"}


def test_a_storm_is_fast_and_ends(run: Run, naps: list[float]) -> None:
    run("mock_events", scenario="storm")
    assert len(told()) == 500
    assert set(naps) == {0.01}


@pytest.mark.parametrize("scenario", ["chat", "shop", "ci", "storm"])
def test_the_same_seed_tells_the_same_story(run: Run, naps: list[float], scenario: str) -> None:
    run("mock_events", scenario=scenario, count=12, seed=7)
    first = told()
    Notification.objects.all().delete()
    run("mock_events", scenario=scenario, count=12, seed=7, user_id="124")
    assert [row[1:] for row in told()[12:]] == [row[1:] for row in first]


@pytest.mark.parametrize("scenario", ["chat", "shop", "ci", "storm"])
def test_another_seed_tells_another(scenario: str) -> None:
    tell = SCENARIOS[scenario].tell
    assert list(islice(tell(Random(1)), 10)) != list(islice(tell(Random(2)), 10))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_story_stays_within_the_limits(scenario: str) -> None:
    for fields in islice(SCENARIOS[scenario].tell(Random(1)), 300):
        limits.clean_fields({"user_id": 123, **fields})


def test_elsewhere_than_on_a_terminal_each_has_a_line(run: Run, naps: list[float]) -> None:
    lines = run("mock_events", count=2)
    ids = list(Notification.objects.order_by("id").values_list("id", flat=True))
    assert lines == [
        f"#{ids[0]} for 123: MESSAGE, New Message Received",
        f"#{ids[1]} for 123: SUBSCRIPTION_EXPIRY, Subscription Expiring Soon",
    ]


def test_on_a_terminal_a_bar_fills(run: Run, naps: list[float]) -> None:
    text = "\n".join(run("mock_events", count=2, out=Terminal()))
    assert "[############............] 1/2 #" in text
    assert "[########################] 2/2 #" in text


def test_ctrl_c_ends_it_quietly(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    with pytest.raises(SystemExit) as ended:
        run("mock_events")
    assert ended.value.code == 130
    assert len(told()) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "--count"),
        ({"interval": -1}, "--interval"),
        ({"interval": float("nan")}, "--interval"),
        ({"interval": float("inf")}, "--interval"),
        ({"user_id": "me"}, "user id"),
        ({"user_id": ""}, "user id"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(run: Run, options: dict[str, Any], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run("mock_events", **options)
    assert told() == []


def test_an_unknown_scenario_is_refused(run: Run) -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        run("mock_events", "--scenario", "opera")
