"""Idempotency-Key: a retry gets the first answer, whatever happened to the first request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications.actions import idempotency as verbs
from notifications.api import idempotency
from notifications.models import IdempotencyRecord, Notification
from tests.api.visitor import HI, Visitor, errors, problem
from tests.at_once import at_once


def test_a_replay_gets_the_first_answer_and_does_nothing(shop: Visitor) -> None:
    first = shop.post("/notifications/", HI, Idempotency_Key="order-7")
    assert "Idempotent-Replayed" not in first
    for path in ("/notifications/", "/notifications"):
        again = shop.post(path, HI, Idempotency_Key="order-7")
        assert (again.status_code, again.json()) == (201, first.json())
        assert again["Idempotent-Replayed"] == "true"
    assert Notification.objects.count() == 1


def test_a_batch_is_replayed_too(shop: Visitor) -> None:
    body = {"notifications": [HI, HI]}
    first = shop.post("/notifications/batch", body, Idempotency_Key="k")
    again = shop.post("/notifications/batch", body, Idempotency_Key="k")
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert Notification.objects.count() == 2


def test_a_dedupe_hit_is_replayed_with_its_200(shop: Visitor) -> None:
    shop.create(dedupe_key="d")
    for _ in range(2):
        assert shop.post("/notifications/", {**HI, "dedupe_key": "d"}, Idempotency_Key="k").status_code == 200


def test_the_same_key_with_another_body_or_path_is_422(shop: Visitor) -> None:
    shop.post("/notifications/", HI, Idempotency_Key="k")
    other = shop.post("/notifications/", {**HI, "title": "Other"}, Idempotency_Key="k")
    assert problem(other) == (422, "idempotency_key_reused")
    assert problem(shop.post("/notifications/batch", HI, Idempotency_Key="k")) == (422, "idempotency_key_reused")
    assert Notification.objects.count() == 1


def test_each_credential_has_its_own_keys(shop: Visitor, back_end: Any) -> None:
    shop.post("/notifications/", HI, Idempotency_Key="k")
    answer = back_end("create").post("/notifications/", {**HI, "title": "Other"}, Idempotency_Key="k")
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer


def test_a_refused_request_frees_its_key(shop: Visitor) -> None:
    assert errors(shop.post("/notifications/", {**HI, "title": ""}, Idempotency_Key="k")) == [("title", "blank")]
    assert problem(shop.send("POST", "/notifications/", raw=b"{", Idempotency_Key="k")) == (400, "malformed_json")
    assert shop.post("/notifications/", HI, Idempotency_Key="k").status_code == 201


def test_a_request_that_failed_frees_its_key(shop: Visitor, monkeypatch: Any) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "answer", fail)
        assert problem(shop.post("/notifications/", HI, Idempotency_Key="k")) == (500, "internal_error")
    assert not Notification.objects.exists()
    assert shop.post("/notifications/", HI, Idempotency_Key="k").status_code == 201


@pytest.mark.parametrize(
    ("key", "code"),
    [("", "blank"), ("x" * 256, "max_length"), ("a b", "invalid"), ("ü", "invalid"), ("a\tb", "invalid")],
)
def test_a_bad_key_is_refused(shop: Visitor, key: str, code: str) -> None:
    assert errors(shop.post("/notifications/", HI, Idempotency_Key=key)) == [("Idempotency-Key", code)]
    assert not Notification.objects.exists()


def test_the_longest_key(shop: Visitor) -> None:
    for _ in range(2):
        assert shop.post("/notifications/", HI, Idempotency_Key="x" * 255).status_code == 201
    assert Notification.objects.count() == 1


@pytest.fixture
def died(shop: Visitor, monkeypatch: Any) -> Visitor:
    """The process of a request with the key ``k`` died between its claim and its answer."""
    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "release", lambda claim: None)
        patch.setattr(idempotency, "answer", lambda *_: 1 / 0)
        assert shop.post("/notifications/", HI, Idempotency_Key="k").status_code == 500
    assert IdempotencyRecord.objects.get().status is None
    return shop


def test_while_the_first_runs_a_retry_is_409(died: Visitor) -> None:
    answer = died.post("/notifications/", HI, Idempotency_Key="k")
    assert problem(answer) == (409, "idempotency_key_running")
    assert answer["Retry-After"] == "1"


def test_a_claim_whose_process_died_is_taken_over_after_a_minute(died: Visitor) -> None:
    IdempotencyRecord.objects.update(claimed_at=timezone.now() - timedelta(seconds=61))
    assert died.post("/notifications/", HI, Idempotency_Key="k").status_code == 201
    assert Notification.objects.count() == 1
    assert died.post("/notifications/", HI, Idempotency_Key="k")["Idempotent-Replayed"] == "true"


def test_a_slow_request_that_lost_its_claim_undoes_its_work(shop: Visitor, monkeypatch: Any) -> None:
    def take_over(claim: Any, *rest: Any) -> None:
        IdempotencyRecord.objects.filter(pk=claim.record_id).update(claim="another")
        verbs.answer(claim, *rest)

    monkeypatch.setattr(idempotency, "answer", take_over)
    assert problem(shop.post("/notifications/", HI, Idempotency_Key="k")) == (409, "idempotency_key_running")
    assert not Notification.objects.exists()


def test_after_24_hours_the_key_is_forgotten(shop: Visitor) -> None:
    shop.post("/notifications/", HI, Idempotency_Key="k")
    IdempotencyRecord.objects.update(claimed_at=timezone.now() - timedelta(hours=24, seconds=1))
    answer = shop.post("/notifications/", {**HI, "title": "Other"}, Idempotency_Key="k")
    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_does_the_work(shop: Visitor) -> None:
    def send() -> tuple[int, str]:
        visitor = Visitor(**shop.headers)
        answer = visitor.post("/notifications/", HI, Idempotency_Key="k")
        return answer.status_code, answer.get("Idempotent-Replayed", "")

    answers = at_once([send] * 6)
    assert Notification.objects.count() == 1
    assert answers.count((201, "")) == 1
    assert set(answers) <= {(201, ""), (201, "true"), (409, "")}


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_seen_by_others_although_the_project_wraps_requests(shop: Visitor, settings: Any) -> None:
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = connection.settings_dict["ATOMIC_REQUESTS"] = True
    seen = []

    def look(claim: Any, *rest: Any) -> None:
        seen.append(at_once([lambda: IdempotencyRecord.objects.filter(pk=claim.record_id).exists()])[0])
        verbs.answer(claim, *rest)

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(idempotency, "answer", look)
            assert shop.post("/notifications/", HI, Idempotency_Key="k").status_code == 201
    finally:
        connection.settings_dict["ATOMIC_REQUESTS"] = False
    assert seen == [True]
