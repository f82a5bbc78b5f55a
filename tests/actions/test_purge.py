"""Purging: deleted as by anybody, removed once every device may be told so, whatever happens in between."""

from __future__ import annotations

from functools import partial

import pytest

from notifications import notify
from notifications.actions import purge, shares
from notifications.actions.sync import changes_since
from notifications.models import Inbox, Notification, UnreadCount
from notifications.models.change import Changes, Snapshot
from tests import ledger
from tests.actions.aged import aged
from tests.at_once import at_once
from tests.told import listen_in

pytestmark = pytest.mark.django_db(transaction=True)

OLD = {"*": 30}


def run(rules: purge.Rules = OLD) -> purge.Purged:
    return sum(purge.purge(rules), purge.Purged())


def test_what_is_old_is_deleted_and_every_device_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    old = aged("alice", days=31)
    young = aged("alice", days=29)
    told = listen_in(monkeypatch)
    assert run() == purge.Purged(inboxes=1, deleted=1)
    assert told.frames_of("alice") == [
        {
            "type": "changes",
            "from": 2,
            "to": 3,
            "unread": 1,
            "unseen": 1,
            "more": False,
            "items": [{"id": old.pk, "seq": 3, "deleted": True}],
        }
    ]
    assert list(Notification.objects.for_user("alice")) == [young]
    ledger.check("alice", seq=3)


def test_without_rules_nothing_live_is_touched() -> None:
    aged("alice", days=4000)
    aged("alice", days=31, deleted=True)
    assert run({}) == purge.Purged(inboxes=1, removed=1)
    assert ledger.check("alice").unread == 1


def test_a_tombstone_stays_for_its_days(settings: object) -> None:
    settings.NOTIFICATIONS = {"TOMBSTONE_DAYS": 5}  # type: ignore[attr-defined]
    for days in (4, 6):
        aged("alice", days=days, deleted=True, title=f"{days} days")
    assert run().removed == 1
    assert Notification.objects.filter(user_id="alice").count() == 1


def test_removing_raises_the_horizon_to_the_highest_number_removed() -> None:
    aged("alice", days=31, deleted=True)
    highest = aged("alice", days=32, deleted=True).seq
    notify("alice", title="Hello", identifier="M")
    run()
    inbox = Inbox.objects.get(pk="alice")
    assert (inbox.horizon, inbox.seq) == (highest, highest + 1)
    too_old = changes_since("alice", highest - 1, epoch=inbox.epoch)
    assert isinstance(too_old, Snapshot)
    assert too_old.reason == "too_old"
    for since in (0, highest):
        served = changes_since("alice", since, epoch=inbox.epoch)
        assert isinstance(served, Changes)
        assert [row.title for row in served.rows] == ["Hello"]


def test_counters_that_count_nothing_go_and_come_again() -> None:
    aged("alice", days=31, deleted=True, identifier="order.4711")
    read = Notification.objects.filter(pk=aged("alice", days=1, identifier="order.4712").pk)
    read.mark_read()
    aged("alice", days=1, identifier="order.4713")
    run()
    assert set(UnreadCount.objects.values_list("identifier", "unread")) == {("order.4713", 1)}
    read.mark_unread()
    ledger.check("alice")
    assert set(UnreadCount.objects.values_list("identifier", "unread")) == {("order.4712", 1), ("order.4713", 1)}


def test_the_horizon_never_falls(settings: object) -> None:
    lower = aged("alice", days=20, deleted=True)
    higher = aged("alice", days=40, deleted=True)
    run()
    assert Inbox.objects.get(pk="alice").horizon == higher.seq > lower.seq
    settings.NOTIFICATIONS = {"TOMBSTONE_DAYS": 10}  # type: ignore[attr-defined]
    assert run().removed == 1
    assert Inbox.objects.get(pk="alice").horizon == higher.seq


def test_a_large_inbox_is_purged_in_short_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROWS", 3)
    for _ in range(7):
        aged("alice", days=31)
        aged("alice", days=31, deleted=True)
    told = listen_in(monkeypatch)
    assert run() == purge.Purged(inboxes=1, deleted=7, removed=7)
    assert [change.head.seq - change.start for change in told] == [3, 3, 1]
    ledger.check("alice")


def test_many_inboxes_are_read_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "INBOXES", 2)
    for user in ("eve", "bob", "alice", "dora", "carl"):
        aged(user, days=31)
    assert [portion.inboxes for portion in purge.purge(OLD)] == [2, 2, 1]
    for user in ("eve", "bob", "alice", "dora", "carl"):
        assert ledger.check(user, seq=2).unread == 0


def test_a_second_purge_finds_nothing_to_do() -> None:
    aged("alice", days=31)
    aged("alice", days=31, deleted=True)
    run()
    assert run() == purge.Purged(inboxes=1)


def test_whoever_is_stopped_in_between_goes_on_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "INBOXES", 1)
    for user in ("alice", "bob", "carl"):
        aged(user, days=31)
    purging = purge.purge(OLD)
    assert next(purging).deleted == 1
    purging.close()
    assert run().deleted == 2


def test_a_broken_inbox_does_not_hold_up_the_others(caplog: pytest.LogCaptureFixture) -> None:
    for user in ("alice", "bob"):
        aged(user, days=31)
    UnreadCount.objects.filter(inbox="alice").update(unread=0)
    assert run() == purge.Purged(inboxes=2, deleted=1, failed=1)
    assert "Inbox alice cannot be purged" in caplog.text
    ledger.check("bob", seq=2)


def test_a_dedupe_key_is_remembered_until_its_tombstone_is_removed() -> None:
    aged("alice", days=31, dedupe_key="k", deleted=True)
    again = notify("alice", title="Again", identifier="M", dedupe_key="k")
    assert again.is_deleted
    run({})
    assert not notify("alice", title="Again", identifier="M", dedupe_key="k").is_deleted


def test_counting_tells_what_would_be_done_and_does_nothing() -> None:
    aged("alice", days=31)
    aged("bob", days=31, deleted=True)
    assert purge.count(OLD) == purge.count(OLD) == purge.Purged(inboxes=2, deleted=1, removed=1)
    assert run() == purge.Purged(inboxes=2, deleted=1, removed=1)


def test_a_young_inbox_costs_no_transaction(django_assert_num_queries: object) -> None:
    for user in ("alice", "bob"):
        aged(user, days=1)
    with django_assert_num_queries(4):  # type: ignore[operator]  # two portions of inboxes, what is to do in one
        run()


def test_purging_while_others_write_keeps_every_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "ROWS", 5)
    users = [f"user-{number}" for number in range(4)]
    for user in users:
        for _ in range(12):
            aged(user, days=31)
            aged(user, days=31, deleted=True)

    def write() -> None:
        for number in range(10):
            for user in users:
                notify(user, title="New", identifier="M")
                if number % 3 == 0:
                    Notification.objects.for_user(user).mark_read()

    at_once([write, partial(run, OLD), partial(run, OLD), write])  # type: ignore[list-item]
    for user in users:
        ledger.check(user)
        assert Notification.objects.for_user(user).count() == 20
        assert Inbox.objects.get(pk=user).horizon > 0
