"""The audit finds counters that drifted, and only those."""

from __future__ import annotations

import logging

import pytest
from django.db.models import F

from notifications import notify
from notifications.actions import audit as recounting
from notifications.actions.audit import recount
from notifications.jobs import audit
from notifications.jobs.audit import Audit
from notifications.models import Inbox, Notification, UnreadCount
from tests.counted import counted

pytestmark = pytest.mark.django_db


@pytest.fixture
def inboxes() -> list[str]:
    names = ["alice", "bob", "charlie"]
    for name in names:
        for identifier in ("A", "A", "B"):
            notify(name, title="t", identifier=identifier)
    mine = Notification.objects.for_user("alice")
    mine.filter(pk=mine[0].pk).mark_read()
    mine.filter(pk=mine[1].pk).mark_seen()
    Notification.objects.for_user("bob").archive()
    Notification.objects.for_user("charlie")[:1].get().delete()
    return names


def drifting() -> list[str]:
    return [each.user_id for each in recount(after="", limit=100) if each.is_drifting]


def test_sound_counters_are_found_sound(inboxes: list[str]) -> None:
    found = recount(after="", limit=100)
    assert [(each.user_id, each.unread, each.unseen) for each in found] == [
        ("alice", 2, 1), ("bob", 0, 0), ("charlie", 2, 2)
    ]  # fmt: skip
    assert drifting() == []


@pytest.mark.parametrize("counter", ["unread", "unseen", "by_identifier"])
def test_each_counter_that_differs_is_found(inboxes: list[str], counter: str) -> None:
    if counter == "by_identifier":
        UnreadCount.objects.filter(inbox="alice", identifier="A").update(unread=F("unread") + 1)
    else:
        Inbox.objects.filter(pk="alice").update(**{counter: F(counter) - 1})
    assert drifting() == ["alice"]


def test_an_inbox_too_large_to_count_is_found_only_where_it_is_certain(
    inboxes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "ROWS_MAX", 1)
    assert drifting() == []
    Inbox.objects.filter(pk="alice").update(unread=1, unseen=1)
    assert drifting() == ["alice"]


def test_it_takes_one_statement(inboxes: list[str], django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        recount(after="", limit=100)


def test_it_goes_round_says_a_drift_once_and_forgets_a_mended_one(
    inboxes: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(audit, "SAMPLE", 1)
    Inbox.objects.filter(pk="bob").update(unread=1)
    looking = Audit()
    looking._after = ""
    audited = counted("notifications_inboxes_audited_total")

    def look(times: int) -> float:
        for _ in range(times):
            looking.look()
        return counted("notifications_counter_drift")

    with caplog.at_level(logging.ERROR, "notifications.jobs"):
        assert [look(1) for _ in range(3)] == [0, 1, 1]
        assert look(1 + 4) == 1
    assert counted("notifications_inboxes_audited_total") == audited + 6
    assert len(caplog.records) == 1
    assert "bob" in caplog.text
    Inbox.objects.filter(pk="bob").update(unread=0)
    assert look(8) == 0
