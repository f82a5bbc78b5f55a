"""What is known of subscriptions: nobody is asked for who was on the way in or out, nor for whom it is doubtful."""

from __future__ import annotations

import pytest

from tests.chaos.ledger import Ledger
from tests.chaos.subscriptions import Subscriptions


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def known(ledger: Ledger) -> Subscriptions:
    """Alice and bob are subscribed."""
    subscriptions = Subscriptions(ledger)
    subscriptions.begin("news", ["alice", "bob"])
    subscriptions.end("news", come=["alice", "bob"], is_sure=True)
    return subscriptions


def may(ledger: Ledger, key: str) -> list[str]:
    return [user for user in ("alice", "bob", "carol") if ledger.may_exist(user, key)]


def test_who_is_subscribed_must_get_it_and_nobody_else_may(known: Subscriptions, ledger: Ledger) -> None:
    assert known.published(known.publish("news", "one")) == ["alice", "bob"]
    assert may(ledger, "one") == ["alice", "bob"]
    assert known.published(known.publish("sport", "two")) == may(ledger, "two") == []


def test_who_left_may_not(known: Subscriptions, ledger: Ledger) -> None:
    known.begin("news", ["alice"])
    known.end("news", gone=["alice"], is_sure=True)
    assert known.published(known.publish("news", "one")) == may(ledger, "one") == ["bob"]


def test_who_comes_or_goes_while_it_is_published_may(known: Subscriptions, ledger: Ledger) -> None:
    publication = known.publish("news", "one")
    known.begin("news", ["bob", "carol"])
    known.end("news", come=["carol"], gone=["bob"], is_sure=True)
    assert known.published(publication) == ["alice"]
    assert may(ledger, "one") == ["alice", "bob", "carol"]
    assert known.published(known.publish("news", "two")) == may(ledger, "two") == ["alice", "carol"]


def test_who_is_on_the_way_when_it_is_published_may(known: Subscriptions, ledger: Ledger) -> None:
    known.begin("news", ["bob", "carol"])
    publication = known.publish("news", "one")
    known.end("news", come=["carol"], gone=["bob"], is_sure=True)
    assert known.published(publication) == ["alice"]
    assert may(ledger, "one") == ["alice", "bob", "carol"]


def test_an_attempt_that_was_never_answered_leaves_a_doubt_for_good(known: Subscriptions, ledger: Ledger) -> None:
    known.begin("news", ["alice"])
    known.end("news", come=["alice"], is_sure=False)
    known.begin("news", ["alice"])
    known.end("news", gone=["alice"], is_sure=True)
    assert known.subscribed("news") == {"bob"}
    assert known.published(known.publish("news", "one")) == ["bob"]
    assert may(ledger, "one") == ["alice", "bob"]


def test_what_is_being_changed_is_left_alone(known: Subscriptions) -> None:
    known.begin("news", ["alice"])
    assert known.settled("news", ["alice", "bob"]) == ["bob"]
    assert known.settled("sport", ["alice", "bob"]) == ["alice", "bob"]
    known.end("news", gone=["alice"], is_sure=False)
    assert known.settled("news", ["alice", "bob"]) == ["alice", "bob"]
