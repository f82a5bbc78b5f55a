"""The numbers: who may read them, and that they say what happened."""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import OperationalError, transaction
from django.test import Client

from notifications import metrics as counts
from notifications import notify, notify_many
from notifications.actions.tokens import mint_token
from notifications.models import APIKey
from notifications.ops import metrics
from tests.counted import counted, samples

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def reader() -> dict[str, str]:
    return bearer(APIKey.objects.issue("prometheus", scopes=["read"])[1])


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_numbers_are_for_whoever_may_read_every_inbox(client: Client, reader: dict[str, str]) -> None:
    answer = client.get("/metrics", headers=reader)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    text = answer.content.decode()
    assert "# TYPE notifications_sockets_open gauge" in text
    assert samples(text)["notifications_database_up"] == 1


def test_numbers_are_for_nobody_else(client: Client) -> None:
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics")["WWW-Authenticate"] == "Bearer"
    assert client.get("/metrics", headers=bearer("nonsense")).status_code == 401
    writer = APIKey.objects.issue("shop", scopes=["create"])[1]
    assert client.get("/metrics", headers=bearer(writer)).status_code == 403
    assert client.get("/metrics", headers=bearer(mint_token("alice", 60)[0])).status_code == 403
    client.force_login(get_user_model().objects.create_user("walter"))
    assert client.get("/metrics").status_code == 403


def test_staff_and_developers_see_the_numbers(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "DEV_OPEN": True}
    assert client.get("/metrics", headers={"Host": "localhost"}).status_code == 200
    client.force_login(get_user_model().objects.create_superuser("root"))
    assert client.get("/metrics").status_code == 200


def test_without_the_database_a_reader_of_the_last_minutes_still_sees_them(
    client: Client, reader: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/metrics", headers=reader)

    def away(_: str) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(metrics, "authenticate_header", away)
    answer = client.get("/metrics", headers=reader)
    assert samples(answer.content.decode())["notifications_database_up"] == 0
    assert client.get("/metrics", headers=bearer("ntf_another")).status_code == 503
    monkeypatch.setattr(metrics, "monotonic", lambda: monotonic() + metrics.REMEMBERED_SECONDS + 1)
    assert client.get("/metrics", headers=reader).status_code == 503


def test_one_that_was_refused_is_not_remembered(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = bearer(APIKey.objects.issue("shop", scopes=["create"])[1])
    client.get("/metrics", headers=writer)

    def away(_: str) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(metrics, "authenticate_header", away)
    assert client.get("/metrics", headers=writer).status_code == 503


def test_others_are_remembered_while_the_old_are_forgotten(client: Client, reader: dict[str, str]) -> None:
    class Moment(float):
        def __rsub__(self, now: float) -> float:
            metrics._remembered["of another thread"] = now
            return 0.0

    metrics._remembered["old"] = Moment()
    try:
        assert client.get("/metrics", headers=reader).status_code == 200
    finally:
        metrics._remembered.clear()


def test_moments_are_shown_as_ages(client: Client, reader: dict[str, str]) -> None:
    counts.swept_at.set(monotonic() - 7)
    counts.clock_at.set(inf)
    try:
        shown = samples(client.get("/metrics", headers=reader).content.decode())
    finally:
        counts.swept_at.set(inf)
    assert 7 <= shown["notifications_sweep_age_seconds"] < 12
    assert shown["notifications_clock_age_seconds"] == 0
    assert not set(counts.AGES) & set(shown)


@pytest.mark.django_db(transaction=True)
def test_what_is_committed_is_counted_and_what_is_rolled_back_is_not() -> None:
    def stored() -> tuple[float, float]:
        return counted("notifications_stored_total"), counted("notifications_create_seconds_count")

    before = stored()
    notify("alice", title="t", identifier="M")
    assert stored() == (before[0] + 1, before[1] + 1)
    notify_many(["alice", "bob"], title="t", identifier="M")
    assert stored() == (before[0] + 3, before[1] + 2)
    with transaction.atomic():
        notify("alice", title="t", identifier="M")
        assert stored() == (before[0] + 3, before[1] + 2)
        transaction.set_rollback(True)
    assert stored() == (before[0] + 3, before[1] + 2)


def test_an_unknown_label_is_counted_as_other() -> None:
    before = counted("notifications_sockets_closed_total", code="other")
    counts.sockets_closed[3999].inc()
    assert counted("notifications_sockets_closed_total", code="other") == before + 1
    assert 3999 not in counts.sockets_closed
