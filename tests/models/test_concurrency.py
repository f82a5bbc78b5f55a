"""Many writers at once: no gaps, no deadlocks, no lost counts, and one winner for a dedupe_key."""

import random
from functools import partial

import pytest
from django.db import transaction

from notifications import notify, notify_many
from notifications.actions.expire import expire_due
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.models import Inbox, Notification
from tests import ledger
from tests.at_once import at_once
from tests.told import Told

pytestmark = pytest.mark.django_db(transaction=True)

USERS = [f"user-{number}" for number in range(12)]


def send(user: str = "alice", **fields: object) -> Notification:
    return notify(user, **{"title": "Hello", "identifier": "MESSAGE", **fields})


def test_writers_of_one_inbox_leave_no_gap() -> None:
    def write() -> None:
        for _ in range(15):
            send()

    at_once([write] * 6)
    rows = list(Notification.objects.order_by("id").values_list("seq", flat=True))
    assert rows == list(range(1, 91))
    ledger.check("alice", seq=90)


def test_readers_and_writers_of_one_inbox_agree_on_the_counts() -> None:
    def write() -> None:
        for _ in range(15):
            send()

    def read() -> None:
        for _ in range(15):
            mark("alice", random.choice(["read", "unread", "seen", "archive", "unarchive", "delete"]))

    at_once([write, write, read, read])
    ledger.check("alice")


def test_every_commit_is_told_in_an_unbroken_chain(told: Told) -> None:
    def work() -> None:
        for _ in range(10):
            send()
            mark("alice", "read")

    at_once([work] * 4)
    chain = sorted((change.start, change.head.seq) for change in told)
    assert [start for start, _ in chain] == [0, *(end for _, end in chain[:-1])]
    assert chain[-1][1] == Inbox.objects.head("alice").seq


def test_two_first_visits_open_one_inbox() -> None:
    epochs = at_once([lambda: Inbox.objects.head("alice").epoch] * 6)
    assert len(set(epochs)) == 1


def test_a_dedupe_key_has_one_winner() -> None:
    sent = at_once([partial(send, dedupe_key="order-7")] * 6)
    assert len({notification.pk for notification in sent}) == 1
    ledger.check("alice", seq=1)


def test_a_dedupe_key_in_two_batches_has_one_winner() -> None:
    items = [{"user_id": "alice", "title": "Hi", "identifier": "M", "dedupe_key": f"k{number}"} for number in range(5)]
    ids = at_once([partial(create_batch, items), partial(create_batch, items[::-1])])
    assert ids[0][0] == ids[1][0][::-1]
    assert ids[0][1] + ids[1][1] == 5
    ledger.check("alice", seq=5)


def test_wide_sends_in_any_order_do_not_deadlock() -> None:
    def send_wide(number: int) -> None:
        dice = random.Random(number)
        for _ in range(6):
            users = dice.sample(USERS, 8)
            notify_many(users, title="Hi", identifier="M")
            create_batch([{"user_id": user, "title": "Hi", "identifier": "M"} for user in dice.sample(USERS, 8)])
            Notification.objects.filter(user_id__in=dice.sample(USERS, 8)).mark_read()

    at_once([partial(send_wide, number) for number in range(4)])
    for user in USERS:
        ledger.check(user)


def test_wide_sends_of_many_chunks_in_one_transaction_do_not_deadlock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.actions.notify.CHUNK", 3)

    def send_wide(users: list[str]) -> None:
        for _ in range(5):
            with transaction.atomic():
                notify_many(users, title="Hi", identifier="M")

    at_once([partial(send_wide, USERS), partial(send_wide, USERS[::-1]), partial(send_wide, USERS[6:] + USERS[:6])])
    for user in USERS:
        ledger.check(user, seq=15)


def test_what_is_due_expires_once_with_two_clocks() -> None:
    notify_many(USERS, title="Due", identifier="M")
    due = Notification.objects.filter(user_id__in=USERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notifications.models.notification.Notification._check_limits", lambda self, stored: None)
        for notification in due:
            notification.expires_at = notification.created_at
            notification.save()
    assert sum(at_once([expire_due, expire_due])) == len(USERS)
    for user in USERS:
        assert ledger.check(user, seq=3).unread == 0


@pytest.mark.on_sqlite
def test_no_writer_meets_a_locked_database() -> None:
    """DEFERRED transactions that read first would; at_once raises what any of them raises."""

    def work(user: str) -> None:
        for _ in range(15):
            send(user)
            Notification.objects.for_user(user).mark_read()
            with transaction.atomic():
                Notification.objects.filter(user_id="shared").count()
                send("shared")

    at_once([partial(work, user) for user in USERS[:6]])
    ledger.check("shared", seq=90)
