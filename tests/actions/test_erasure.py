"""Erasing a user: everything, at once, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.apps import apps
from django.db import connections, transaction
from django.test import Client

from notifications import announce, notify, subscribe
from notifications.actions.erasure import Erased, erase
from notifications.actions.fan_out import deliver_next
from notifications.actions.sync import changes_since
from notifications.models import APIKey, IdempotencyRecord, Inbox, Notification, Subscription, UnreadCount
from notifications.models.change import Snapshot
from tests import ledger
from tests.actions.aged import aged

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 10


def send(user: str = "alice", **fields: Any) -> Notification:
    return notify(user, **{"title": "Hello", "identifier": "MESSAGE", **fields})


@pytest.fixture
def post() -> Callable[..., Any]:
    """Create one over REST with an Idempotency-Key: ``post("k1", user_id="alice")``."""
    _, secret = APIKey.objects.issue("test", scopes=["create"])
    client = Client(headers={"authorization": f"Bearer {secret}"})

    def post(key: str, **fields: Any) -> Any:
        body = {"title": "Hello", "identifier": "MESSAGE", **fields}
        return client.post("/notifications/", body, "application/json", headers={"Idempotency-Key": key})

    return post


def test_everything_of_one_user_goes_and_nothing_of_another(post: Callable[..., Any]) -> None:
    for user in ("alice", "bob"):
        send(user)
        send(user, identifier="OTHER")
        aged(user, days=1, deleted=True)
        Notification.objects.filter(user_id=user, identifier="OTHER").archive()
        post(f"key of {user}".replace(" ", "-"), user_id=user)
        subscribe(user, "news")
        subscribe(user, "sport")
    assert erase("alice") == Erased(notifications=4, unread_counts=3, subscriptions=2, idempotency_answers=1, inboxes=1)
    assert set(Subscription.objects.values_list("user_id", flat=True)) == {"bob"}
    assert not Notification.objects.filter(user_id="alice").exists()
    assert not UnreadCount.objects.filter(inbox="alice").exists()
    assert not Inbox.objects.filter(pk="alice").exists()
    assert not IdempotencyRecord.objects.filter(body__contains="alice").exists()
    assert Notification.objects.filter(user_id="bob").count() == 4
    assert IdempotencyRecord.objects.get().user_id == "bob"
    ledger.check("bob")


def test_a_number_and_its_text_are_one_user(post: Callable[..., Any]) -> None:
    post("k", user_id=123)
    assert erase("123").idempotency_answers == 1


def test_an_answer_that_only_mentions_the_user_stays(post: Callable[..., Any]) -> None:
    post("k", user_id="bob", title="alice", data={"user_id": "alice"})
    assert erase("alice").idempotency_answers == 0


def test_who_is_not_known_costs_nothing() -> None:
    nothing = Erased(notifications=0, unread_counts=0, subscriptions=0, idempotency_answers=0, inboxes=0)
    assert erase("alice") == nothing
    assert not Inbox.objects.exists()


def test_a_device_that_comes_back_begins_again() -> None:
    send()
    before = Inbox.objects.head("alice")
    erase("alice")
    found = changes_since("alice", before.seq, epoch=before.epoch)
    assert isinstance(found, Snapshot)
    assert (found.reason, found.head.seq, list(found.rows)) == ("epoch", 0, [])


def test_a_retry_after_the_erasure_is_a_new_request(post: Callable[..., Any]) -> None:
    first = post("k", user_id="alice").json()
    erase("alice")
    again = post("k", user_id="alice")
    assert again.status_code == 201
    assert "Idempotent-Replayed" not in again.headers
    assert again.json()["id"] > first["id"]
    ledger.check("alice", seq=1)


def test_what_waits_to_be_delivered_to_a_topic_is_not_delivered_to_one_who_is_gone() -> None:
    for user in ("alice", "Alice", "alice2"):
        subscribe(user, "news")
    announce(topic="news", title="Shipped", identifier="NEWS")
    erase("alice")
    while deliver_next():
        continue
    assert set(Notification.objects.values_list("user_id", flat=True)) == {"Alice", "alice2"}


def test_every_table_that_knows_users_is_erased() -> None:
    """A new table with a user in it has to be added to ``erase``, to ``export_user``, and here."""
    known = {
        model
        for model in apps.get_app_config("notifications").get_models()
        if any(
            field.name == "user_id" or field.column == "user_id" or field.related_model is Inbox
            for field in model._meta.concrete_fields
        )
    }
    assert known == {Notification, Inbox, UnreadCount, IdempotencyRecord, Subscription}


# The worst moments: one transaction is held open while the other begins. -------------------------------------------


def in_thread(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    def run() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return pool.submit(run)


def held_open(work: Callable[[], Any], is_done: Event, may_commit: Event) -> Callable[[], Any]:
    def run() -> Any:
        with transaction.atomic():
            result = work()
            is_done.set()
            assert may_commit.wait(PATIENCE_SECONDS)
            return result

    return run


def overlap(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Begin ``second`` while the transaction of ``first`` is done but not committed; it has to wait."""
    is_done, may_commit = Event(), Event()
    with ThreadPoolExecutor(2) as pool:
        one = in_thread(pool, held_open(first, is_done, may_commit))
        assert is_done.wait(PATIENCE_SECONDS)
        two = in_thread(pool, second)
        with pytest.raises(TimeoutError):
            two.result(timeout=0.3)
        may_commit.set()
        return one.result(PATIENCE_SECONDS), two.result(PATIENCE_SECONDS)


def test_a_create_that_meets_an_erasure_begins_a_new_inbox() -> None:
    send(dedupe_key="k")
    old = Inbox.objects.head("alice")
    erased, made = overlap(lambda: erase("alice"), lambda: send(title="After"))
    assert erased.notifications == 1
    assert [row.title for row in Notification.objects.filter(user_id="alice")] == ["After"]
    assert made.seq == 1
    assert ledger.check("alice", seq=1).epoch != old.epoch


def test_an_erasure_that_meets_a_create_takes_it_along() -> None:
    send()
    _, erased = overlap(lambda: send(title="Just now"), lambda: erase("alice"))
    assert erased.notifications == 2
    assert not Notification.objects.exists()
    assert not UnreadCount.objects.exists()
    assert not Inbox.objects.exists()


def test_reading_that_meets_an_erasure_changes_nothing() -> None:
    send()
    _, changed = overlap(lambda: erase("alice"), lambda: Notification.objects.for_user("alice").mark_read())
    assert changed == 0
    ledger.check("alice", seq=0)


def test_an_answer_that_repeats_an_erased_notification_is_not_kept(post: Callable[..., Any]) -> None:
    """A dedupe hit reads the first notification without a lock, and would store it once more."""
    post("k1", user_id="alice", dedupe_key="once")
    erased, again = overlap(lambda: erase("alice"), lambda: post("k2", user_id="alice", dedupe_key="once"))
    assert erased.notifications == 1
    assert again.status_code in (201, 409)
    assert IdempotencyRecord.objects.filter(status__isnull=False).count() == int(again.status_code == 201)
    retried = post("k2", user_id="alice", dedupe_key="once")
    assert retried.status_code == 201
    ledger.check("alice", seq=1)
