"""A new epoch voids every cursor and changes nothing else."""

from __future__ import annotations

import pytest

from notifications import notify, notify_many
from notifications.actions import epochs
from notifications.actions.sync import changes_since
from notifications.models import Inbox, Notification, retries
from notifications.models.change import Snapshot
from tests import ledger
from tests.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)

USERS = [f"user-{number}" for number in range(7)]


def epochs_by_user() -> dict[str, str]:
    return dict(Inbox.objects.values_list("pk", "epoch"))


def test_one_inbox_gets_a_new_epoch_and_keeps_everything_else() -> None:
    notify_many(["alice", "bob"], title="Hello", identifier="M")
    before = Inbox.objects.head("alice")
    others = epochs_by_user()
    assert epochs.renew_one("alice")
    after = ledger.check("alice", seq=before.seq)
    assert after.epoch != before.epoch
    assert epochs_by_user()["bob"] == others["bob"]
    found = changes_since("alice", before.seq, epoch=before.epoch)
    assert isinstance(found, Snapshot)
    assert found.reason == "epoch"


def test_an_inbox_nobody_has_opened_is_not_opened() -> None:
    assert not epochs.renew_one("alice")
    assert not Inbox.objects.exists()


def test_all_get_one_each_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epochs, "INBOXES", 3)
    notify_many(USERS, title="Hello", identifier="M")
    before = epochs_by_user()
    assert list(epochs.renew_all()) == [3, 3, 1]
    after = epochs_by_user()
    assert len({*before.values(), *after.values()}) == 2 * len(USERS)


def test_renewing_while_others_write_neither_deadlocks_nor_loses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "PAUSES", ())  # a deadlock would be tried again, and go unseen

    def write() -> None:
        for _ in range(8):
            notify_many(USERS[::-1], title="Hello", identifier="M")
            Notification.objects.filter(user_id__in=USERS).mark_read()

    def renew() -> None:
        for _ in range(8):
            list(epochs.renew_all())

    at_once([write, renew, renew, write])
    for user in USERS:
        ledger.check(user)
        assert Notification.objects.filter(user_id=user).count() == 16


def test_a_notification_of_the_new_epoch_continues_the_numbers() -> None:
    notify("alice", title="Before", identifier="M")
    epochs.renew_one("alice")
    assert notify("alice", title="After", identifier="M").seq == 2
