"""How long notifications are kept, by identifier."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.actions.retention import Rules, overdue
from notifications.checks import check_options
from notifications.models import Notification
from tests.actions.aged import aged

pytestmark = pytest.mark.django_db


def identifiers_overdue(rules: Rules) -> set[str]:
    found = overdue(rules, now=timezone.now())
    return set(Notification.objects.filter(found).values_list("identifier", flat=True)) if found else set()


@pytest.fixture(autouse=True)
def notifications_of_forty_days() -> None:
    for identifier in ("order", "order.shipped", "order.shipped.late", "ORDER.x", "chat"):
        aged("alice", identifier=identifier, days=40)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, set()),
        ({"*": None}, set()),
        ({"*": "90d"}, set()),
        ({"*": 30}, {"order", "order.shipped", "order.shipped.late", "ORDER.x", "chat"}),
        ({"chat": "30d"}, {"chat"}),
        ({"order*": 30}, {"order", "order.shipped", "order.shipped.late"}),
        ({"order.*": 30}, {"order.shipped", "order.shipped.late"}),
        ({"*": 30, "order*": None}, {"ORDER.x", "chat"}),
        ({"order*": 30, "order.shipped*": 90, "order.shipped.late": 30}, {"order", "order.shipped.late"}),
        ({"order.shipped*": 30, "order.shipped": None}, {"order.shipped.late"}),
        ({"ORDER*": 30}, {"ORDER.x"}),
        ({"*": 41, "chat": 39}, {"chat"}),
    ],
)
def test_the_closest_rule_decides(rules: Rules, expected: set[str]) -> None:
    assert identifiers_overdue(rules) == expected


def test_what_was_deleted_is_not_overdue() -> None:
    Notification.objects.filter(identifier="chat").delete()
    assert "chat" not in identifiers_overdue({"*": 30})


def test_the_age_is_that_of_the_creation() -> None:
    Notification.objects.filter(identifier="chat").mark_read()
    aged("alice", identifier="young", days=30, ago=-timedelta(seconds=5))
    found = identifiers_overdue({"*": 30})
    assert "chat" in found
    assert "young" not in found


@pytest.mark.parametrize(
    "rules",
    [
        [],
        {"": 1},
        {"a": 0},
        {"a": -1},
        {"a": 1.5},
        {"a": True},
        {"a": "1w"},
        {"a": "soon"},
        {"a": 36_501},
        {"*a": 1},
        {"a*b": 1},
        {"**": 1},
        {7: 1},
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_meant_is_refused(settings: object, rules: object) -> None:
    settings.NOTIFICATIONS = {"RETENTION": rules}  # type: ignore[attr-defined]
    assert [problem.id for problem in check_options(None)] == ["notifications.E002"]


@pytest.mark.parametrize("rules", [{"a": 1, "a.*": "90d", "a b": None, "*": "36500"}])
def test_a_good_rule_is_accepted(settings: object, rules: object) -> None:
    settings.NOTIFICATIONS = {"RETENTION": rules}  # type: ignore[attr-defined]
    assert check_options(None) == []
