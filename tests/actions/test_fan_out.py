"""Delivering lists while somebody holds the inbox of a recipient."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from notifications import announce, notify, notify_many
from notifications.actions import catch_up as catching_up
from notifications.actions import fan_out
from notifications.actions.announce import delivered
from notifications.actions.erasure import erase
from notifications.actions.fan_out import deliver_next
from notifications.models import AnnouncementPart, Inbox, Notification, copies
from tests import ledger
from tests.held import held, holding, quick
from tests.models.test_statements import TRANSACTION

pytestmark = pytest.mark.django_db(transaction=True)

OPS = {"title": "News", "identifier": "OPS"}
USERS = [f"user-{number}" for number in range(9)]
HELD = USERS[4]
OTHERS = [user for user in USERS if user != HELD]


def deliver() -> None:
    """One round over what waits."""
    part = deliver_next()
    while part:
        part = deliver_next(part)


def owners() -> list[str]:
    return sorted(Notification.objects.values_list("user_id", flat=True))


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three: the held one is in the second."""
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 3)


@pytest.mark.on_postgresql
@pytest.mark.parametrize("is_new", [False, True], ids=["an inbox", "one that is being opened"])
@pytest.mark.usefixtures("parted")
def test_all_but_the_held_one_get_a_list_and_it_gets_it_later(is_new: bool) -> None:
    for user in USERS:
        if not (is_new and user == HELD):
            Inbox.objects.open(user)
    announcement = announce(USERS, **OPS)
    with held(HELD):
        with quick():
            deliver()
            deliver()
        assert owners() == OTHERS
        assert AnnouncementPart.objects.get(delivered_at=None).user_ids == [HELD]
        assert delivered(announcement) == len(OTHERS)
    deliver()
    assert owners() == USERS
    assert delivered(announcement) == len(USERS)
    assert not AnnouncementPart.objects.filter(delivered_at=None).exists()
    assert not any(AnnouncementPart.objects.values_list("user_ids", flat=True))
    for user in USERS:
        ledger.check(user, seq=1)


@pytest.mark.on_postgresql
@pytest.mark.usefixtures("parted")
def test_a_broken_one_beside_a_held_one_is_forgotten() -> None:
    notify_many(USERS, title="Hello", identifier="OPS")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_inbox SET seq = 0 WHERE user_id = %s", [USERS[3]])
    announce(USERS, **OPS)
    with held(HELD):
        deliver()
        assert AnnouncementPart.objects.get(delivered_at=None).user_ids == [HELD]
    deliver()
    assert not deliver_next()
    got = Notification.objects.filter(title="News").values_list("user_id", flat=True)
    assert sorted(got) == [user for user in USERS if user != USERS[3]]


@pytest.mark.on_postgresql
@pytest.mark.usefixtures("parted")
def test_who_dies_amid_the_free_ones_leaves_the_part_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first attempt meets the held one; in the second its rows are written, and not committed."""
    for user in USERS:
        Inbox.objects.open(user)
    announce(USERS[3:6], **OPS)
    take_in = fan_out.take_in

    def die(*args: Any, **how: Any) -> None:
        take_in(*args, **how)
        raise SystemExit

    with held(HELD):
        with monkeypatch.context() as dying, pytest.raises(SystemExit):
            dying.setattr(fan_out, "take_in", die)
            deliver()
        assert owners() == []
        assert AnnouncementPart.objects.get(delivered_at=None).user_ids == USERS[3:6]
        deliver()
    deliver()
    assert owners() == USERS[3:6]


@pytest.mark.on_postgresql
def test_a_part_that_somebody_else_has_does_not_hold_up_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 30)
    crowd = [f"user-{number:02}" for number in range(40)]
    announce(crowd, **OPS)
    with holding(lambda: list(AnnouncementPart.objects.filter(number=0).select_for_update())):
        with quick():  # it is no inbox that is held: nobody is looked for by halves
            deliver()
        assert owners() == crowd[30:]
    deliver()
    assert owners() == crowd


def test_who_is_erased_while_the_part_is_read_is_not_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    announce(USERS, **OPS)
    spare = fan_out.spare_the_others

    def erase_first(*args: Any, **how: Any) -> int:
        erase(HELD)
        return spare(*args, **how)

    monkeypatch.setattr(fan_out, "spare_the_others", erase_first)
    deliver()
    assert owners() == OTHERS


def test_who_has_not_looked_for_long_takes_in_first_what_everyone_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """All together a part would be one transaction of as many rows as there were announcements for each."""
    monkeypatch.setattr(catching_up, "COPIES", 20)
    for user in USERS:
        Inbox.objects.open(user)
    for number in range(10):
        announce(title=f"For everyone {number}", identifier="OPS")
    announce(USERS, title="For some", identifier="OPS")
    add, sizes = copies.add, []

    def note(using: str, steps: Any) -> Any:
        sizes.append(len(steps))
        return add(using, steps)

    monkeypatch.setattr(copies, "add", note)
    deliver()
    assert max(sizes) == 20
    for user in USERS:
        ledger.check(user, seq=11)
        titles = Notification.objects.for_user(user).order_by("id").values_list("title", flat=True)
        assert list(titles) == [*(f"For everyone {number}" for number in range(10)), "For some"]


def test_a_part_costs_no_statement_more_than_the_wait_it_sets() -> None:
    notify("somebody", title="Hello", identifier="OPS")
    announce(USERS, **OPS)
    seen: list[str] = []

    def see(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(see):
        assert deliver_next()
    made = [sql for sql in seen if not sql.startswith(TRANSACTION)]
    parts = [sql for sql in made if "announcementpart" in sql]
    assert len(parts) == 4, "the look, the claim, the names, what is left"
    assert sum(sql.startswith("SET LOCAL") for sql in made) == (connection.vendor == "postgresql")
    assert not any("SAVEPOINT" in sql for sql in seen)
