"""Calls that come at the same time are answered together, and none holds up another."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from threading import Event, Semaphore, Thread
from time import monotonic, sleep, time
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import announce
from notifications.actions import group_commit
from notifications.api import rates
from notifications.api.express import Express, admission, calls, lane, together
from notifications.models import APIKey, Notification
from notifications.realtime.threads import in_changer
from notifications.signals import inbox_changed
from tests import ledger
from tests.api.express.lanes import Asked, Lanes, scope_of
from tests.api.visitor import statements
from tests.commits import lost_on_the_way
from tests.hooks import after_commits, lose_to_a_rival

pytestmark = pytest.mark.django_db


def test_creations_that_come_together_are_one_transaction(lanes: Lanes, create: Any, batch: Any) -> None:
    asked = [create(user) for user in ("bob", "alice", "bob")] + [batch("alice", "carol")]
    with statements(3):  # the inboxes, the rows, the counters
        answers = lanes.ask_together(asked)
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 4
    bobs = [json.loads(answers[place].body) for place in (0, 2)]
    assert [(item["user_id"], item["seq"]) for item in bobs] == [("bob", 1), ("bob", 2)]
    assert json.loads(answers[3].body)["created"] == 2
    for user in ("alice", "bob", "carol"):
        ledger.check(user)


def test_reads_that_come_together_ask_once_who_it_is(lanes: Lanes, create: Any, read: Any) -> None:
    lanes.ask_together([create(), create("bob")])
    with CaptureQueriesContext(connection) as captured, statements(3):
        answers = lanes.ask_together([read("alice"), read("bob?limit=1"), read("alice/counts")])
    assert [(got.status, got.is_express) for got in answers] == [(200, True)] * 3
    assert [json.loads(got.body)["unread"] for got in answers] == [1, 1, 1]
    assert sum("notifications_apikey" in query["sql"] for query in captured) == 1


def test_a_bad_read_does_not_hold_up_the_others(lanes: Lanes, create: Any, read: Any) -> None:
    lanes.ask(create())
    asked = [read("alice"), read("alice?limit=0"), read("alice", credential="ntf_unknown"), read("alice/counts")]
    assert [got.status for got in lanes.ask_together(asked)] == [200, 400, 401, 200]


def test_what_must_be_written_before_it_is_read_is_answered_alone(
    lanes: Lanes, create: Any, read: Any, options: Any
) -> None:
    lanes.ask(create())
    announce(title="News", identifier="OPS")
    options(RATE_LIMITS={"key": "5/min"})
    answers = lanes.ask_together([read("alice"), read("strange"), read("alice/counts"), read("alice")])
    assert [(got.status, got.is_express) for got in answers] == [(200, True)] * 4
    assert [json.loads(got.body)["unread"] for got in answers] == [2, 0, 2, 2]
    assert lanes.ask(read("alice")).status == 429, "each was counted once"


def test_a_bad_one_does_not_hold_up_the_others(lanes: Lanes, create: Any) -> None:
    answers = lanes.ask_together([create(), create(title=""), create("bob"), create(credential="ntf_unknown")])
    assert [got.status for got in answers] == [201, 400, 201, 401]


def test_the_same_dedupe_key_at_once_is_one_notification(lanes: Lanes, create: Any) -> None:
    answers = lanes.ask_together([create(dedupe_key="k"), create(dedupe_key="k"), create(dedupe_key="k")])
    assert [got.status for got in answers] == [201, 200, 200]
    assert len({got.body for got in answers}) == 1


def test_more_rows_than_a_transaction_takes_are_several(
    lanes: Lanes, batch: Any, create: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(together, "ROWS", 3)
    with statements(9):  # three transactions
        answers = lanes.ask_together([batch("a", "b"), batch("c", "d"), create("e"), batch(*"fghij")])
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 4
    assert Notification.objects.count() == 10


def test_a_large_body_is_a_turn_by_itself(lanes: Lanes, batch: Any, create: Any, monkeypatch: Any) -> None:
    large = batch(*"abc")
    monkeypatch.setattr(lane, "FULL_BYTES", len(large.raw))
    with statements(9):  # three transactions
        answers = lanes.ask_together([large, batch(*"def"), create("g"), create("h")])
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 4


def test_single_creations_weigh_the_same_however_long_they_are(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(lane, "FULL_BYTES", 1)
    with statements(3):
        answers = lanes.ask_together([create("a"), create("b"), create("c")])
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 3


def test_a_revoked_key_is_refused_at_once(lanes: Lanes, create: Any) -> None:
    assert lanes.ask(create()).is_express
    APIKey.objects.get().revoke()
    assert [got.status for got in lanes.ask_together([create(), create()])] == [401, 401]


@pytest.mark.parametrize("rate", ["key", "address"])
def test_rates_are_counted_once_each(lanes: Lanes, create: Any, options: Any, rate: str) -> None:
    options(RATE_LIMITS={rate: "4/min"})
    assert [got.status for got in lanes.ask_together([create(), create()])] == [201] * 2
    assert lanes.ask(create(title="")).status == 400
    assert lanes.ask(Asked(method="GET", path="/notifications/alice?limit=0", headers=create().headers)).status == 400
    assert [got.status for got in lanes.ask_together([create(), create()])] == [429, 429]
    assert lanes.ask(Asked(method="GET", path="/notifications/alice", headers=create().headers)).status == 429


def test_callers_of_a_turn_are_told_apart_by_their_address(lanes: Lanes, create: Any, options: Any) -> None:
    options(RATE_LIMITS={"address": "2/min", "key": "4/min"}, TRUSTED_PROXIES=1)

    def of(address: str) -> Asked:
        asked: Asked = create()
        return replace(asked, headers={**asked.headers, "X-Forwarded-For": address})

    asked = [of("192.0.2.1"), of("192.0.2.2"), of("192.0.2.1"), of("192.0.2.1"), of("192.0.2.2"), of("192.0.2.3")]
    # The fourth is one too many of its address, and still counts for the key: so the last is one too many of that.
    assert [got.status for got in lanes.ask_together(asked)] == [201, 201, 201, 429, 429, 429]


def test_creations_of_a_turn_share_their_moment(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    moments = (datetime(2030, 1, 1, 12, minute, tzinfo=UTC) for minute in count())
    monkeypatch.setattr(timezone, "now", moments.__next__)
    answers = lanes.ask_together([create(), create("bob")])
    assert len({json.loads(got.body)["created_at"] for got in answers}) == 1


@pytest.mark.parametrize("rate", ["key", "address"])
def test_nothing_is_done_for_a_caller_whose_rate_is_used_up(
    lanes: Lanes, create: Any, options: Any, monkeypatch: Any, rate: str
) -> None:
    options(RATE_LIMITS={rate: "1/min"})
    assert [lanes.ask(create()).status for _ in range(2)] == [201, 429]
    looked_up: list[str] = []
    authenticate = admission.authenticate_header
    monkeypatch.setattr(
        admission, "authenticate_header", lambda header: looked_up.append(header) or authenticate(header)
    )
    checked: list[object] = []
    require = together.require
    monkeypatch.setattr(together, "require", lambda *who: checked.append(who) or require(*who))
    assert [lanes.ask(create()).status for _ in range(3)] == [429] * 3
    assert (len(looked_up), checked) == ({"key": 3, "address": 0}[rate], [])  # whose key it is has to be known
    now = time()
    monkeypatch.setattr(rates, "time", SimpleNamespace(time=lambda: now + 60, monotonic=monotonic))
    assert lanes.ask(create()).is_express


def test_some_pass_where_the_rate_ends(lanes: Lanes, create: Any, options: Any) -> None:
    options(RATE_LIMITS={"key": "3/min"})
    assert sorted(got.status for got in lanes.ask_together([create() for _ in range(5)])) == [201] * 3 + [429] * 2
    assert Notification.objects.count() == 3


def test_a_commit_that_fails_is_never_done_again(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(group_commit, "transaction", SimpleNamespace(atomic=lost_on_the_way))
    answers = lanes.ask_together([create(), create("bob")])
    assert [(got.status, got.is_express) for got in answers] == [(503, True)] * 2
    assert all(got.headers["content-type"] == "application/problem+json" for got in answers)
    assert all(got.headers["retry-after"] == "2" for got in answers)
    assert Notification.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_of_a_commit_hook_is_not_the_callers(lanes: Lanes, create: Any) -> None:
    with after_commits(lose_to_a_rival, inbox_changed):
        answers = lanes.ask_together([create(), create("bob")])
    assert [(got.status, got.is_express) for got in answers] == [(201, True)] * 2
    assert Notification.objects.count() == 2


def test_what_is_committed_is_never_done_again_whatever_goes_wrong_with_its_answer(
    lanes: Lanes, create: Any, monkeypatch: Any
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("notifications.api.creations.to_text", fail)
    assert [(got.status, got.is_express) for got in lanes.ask_together([create(), create("bob")])] == [(500, True)] * 2
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("problem", [OperationalError("away"), InterfaceError("closed"), ZeroDivisionError()])
def test_what_fails_before_the_commit_is_for_django(
    lanes: Lanes, create: Any, monkeypatch: Any, problem: Exception
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(group_commit, "store", fail)
    answers = lanes.ask_together([create(), create("bob")])
    assert [(got.status, got.is_express) for got in answers] == [(201, False)] * 2
    monkeypatch.setattr(admission, "authenticate_header", fail)
    assert [(got.status, got.is_express) for got in lanes.ask_together([create()])] == [(201, False)]


def test_a_database_that_is_away_is_asked_once_for_all(lanes: Lanes, create: Any, monkeypatch: Any) -> None:
    asked: list[str] = []

    def fail(header: str) -> None:
        asked.append(header)
        raise OperationalError("away")

    monkeypatch.setattr(admission, "authenticate_header", fail)
    assert [got.is_express for got in lanes.ask_together([create(), create("bob"), create("carol")])] == [False] * 3
    assert len(asked) == 1


@pytest.mark.parametrize("problem", [OperationalError("away"), ZeroDivisionError()])
def test_a_read_that_fails_is_for_django(lanes: Lanes, key: str, monkeypatch: Any, problem: Exception) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(admission, "authenticate_header", fail)
    got = lanes.ask(Asked(method="GET", path="/notifications/alice", headers={"Authorization": f"Bearer {key}"}))
    assert (got.status, got.is_express) == (200, False)


def test_a_turn_checks_its_calls_while_another_stores_and_stores_after_it(monkeypatch: Any) -> None:
    checked, may_end, storing = Semaphore(0), Event(), [0, 0]

    def store(portion: Any) -> None:
        storing[0] += 1
        storing[1] = max(storing)
        may_end.wait(5)
        storing[0] -= 1

    def admitted(callers: Any) -> Any:
        checked.release()
        return callers

    monkeypatch.setattr(together, "_store", store)
    monkeypatch.setattr(together, "admitted", admitted)
    monkeypatch.setattr(together, "_draft", lambda call, *_: SimpleNamespace(call=call, caller=None, rows=[1]))
    threads = [Thread(target=together.answer_together, args=[[object()]]) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert checked.acquire(timeout=5) and checked.acquire(timeout=5)
    sleep(0.05)  # enough for one that does not wait
    assert storing == [1, 1]
    may_end.set()
    for thread in threads:
        thread.join(5)
    assert storing == [0, 1]


async def test_calls_that_wait_for_locks_hold_up_no_reader_and_leave_changers_to_sockets(monkeypatch: Any) -> None:
    may_go, waiting = Event(), []

    def hold(call: Any) -> None:
        if call.hot in calls.CHANGES:
            waiting.append(call)
            may_go.wait(10)
        call.answer = calls.Answer(200, b"", ("key", "key:1"))

    monkeypatch.setattr(lane, "answer_alone", hold)
    monkeypatch.setattr(lane, "answer_reads", lambda several: list(map(hold, several)))
    monkeypatch.setattr(lane, "STUCK_SECONDS", 60)
    express = Express(None)

    def asked(method: str, path: str) -> Any:
        call = calls.call_of(scope_of(Asked(method=method, path=path, headers={"Authorization": "Bearer x"})))
        assert call is not None
        return call

    puts = [asyncio.ensure_future(express._answer(asked("PUT", f"/notifications/{pk}"))) for pk in range(1, 9)]
    try:
        async with asyncio.timeout(5):
            while len(waiting) < lane.CHANGES_AT_ONCE:
                await asyncio.sleep(0.01)
            read = asked("GET", "/notifications/alice/changes")
            await express._answer(read)
            assert read.answer is not None
            await in_changer(lambda: None)  # a socket's mark
        assert len(waiting) == lane.CHANGES_AT_ONCE
    finally:
        may_go.set()
        await asyncio.gather(*puts)
    assert len(waiting) == len(puts)
