"""Somebody holds an inbox for long: taking announcements in and reading pass it over, and come back to it."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from notifications import announce
from notifications.actions import catch_up as catching_up
from notifications.actions.catch_up import catch_up
from notifications.actions.sync import Ask, answer
from notifications.models import Inbox, Notification
from tests import ledger
from tests.held import held, quick

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.on_postgresql]

USERS = [f"user-{number}" for number in range(9)]
HELD = USERS[4]
OTHERS = [user for user in USERS if user != HELD]


def owners() -> list[str]:
    return sorted(Notification.objects.values_list("user_id", flat=True))


@pytest.fixture(autouse=True)
def behind() -> None:
    for user in USERS:
        Inbox.objects.open(user)
    announce(title="News", identifier="OPS")


def test_all_but_the_held_one_take_announcements_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "INBOXES", 3)
    with held(HELD):
        with quick():
            catch_up(USERS, is_patient=False)
        assert owners() == OTHERS
    catch_up(USERS, is_patient=False)
    assert owners() == USERS
    for user in USERS:
        ledger.check(user, seq=1)


def test_many_that_are_held_cost_no_more_than_one() -> None:
    with held(*USERS[1:]), quick(1):
        catch_up(USERS, is_patient=False)
    assert owners() == USERS[:1]


def test_who_is_patient_waits_for_it_and_is_told() -> None:
    with held(HELD), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 300")
        try:
            with pytest.raises(OperationalError):
                catch_up([HELD])
        finally:
            cursor.execute("RESET lock_timeout")


def test_a_held_inbox_is_read_without_what_it_cannot_take_in() -> None:
    with held(HELD), quick(1):
        found = answer([Ask(user) for user in USERS], is_patient=False)
    assert [(each.head.user_id, each.head.seq, each.head.unread, len(each.rows)) for each in found] == [
        (user, *([0] * 3 if user == HELD else [1] * 3)) for user in USERS
    ]


def test_the_wait_ends_with_the_transaction() -> None:
    catch_up(USERS, is_patient=False)
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("5s",)
