"""A page read in one statement shows what the rows themselves show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import notify
from notifications.actions.notify import create_batch
from notifications.api.filters import matching
from notifications.api.pagination import beyond
from notifications.models import Inbox, Notification
from notifications.models.page import PagePrepared
from notifications.models.prepared import blank
from notifications.wire.cursors import Cursor
from notifications.wire.notification import to_wire
from notifications.wire.queries import ListQuery

pytestmark = pytest.mark.django_db

DATA = [
    {},
    {"order": 7, "sum": 12.50, "tiny": 1e-7, "large": 1.5e10, "exact": 9007199254740991, "minus": -0.0},
    {"deep": [[1, [None, True]], {"é": '\u2028 🔔 \\ " \t'}], "1": "1", "empty": [[], {}, ""]},
]
WHOLE_SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TENTH = datetime(999, 12, 31, 23, 59, 59, 100_000, tzinfo=timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture
def prepared() -> PagePrepared:
    user_id: Any = blank("user_id", Notification._meta.get_field("user_id"))
    edge: Any = blank("edge", Notification._meta.pk)
    return PagePrepared(Notification.objects.filter(user_id=user_id, pk__lt=edge).order_by("-id")[:10], is_kept=True)


def test_rows_are_shown_alike(prepared: PagePrepared) -> None:
    for data in DATA:
        notify(
            "alice",
            title="Grüße % %s",
            identifier="MESSAGE",
            data=data,
            action_url="/x",
            expires_at="2999-01-01T00:00:00Z",
        )
    first, second, last = Notification.objects.order_by("id")
    for notification, moment in ((first, WHOLE_SECOND), (second, TENTH)):
        notification.read_at = notification.seen_at = notification.archived_at = moment
        notification.save()
    last.delete()
    notify("bob", title="Hi", identifier="MESSAGE")
    page = prepared.ask("alice", edge=last.pk + 1)
    assert page is not None
    stored = list(Notification.objects.filter(user_id="alice").order_by("-id"))
    assert repr([to_wire(row) for row in page.rows]) == repr([to_wire(row) for row in stored])  # 1 is not 1.0
    assert page.head == Inbox.objects.head("alice")


def test_the_blanks_are_filled_anew_each_time(prepared: PagePrepared) -> None:
    ids = [notify(user, title="Hi", identifier="MESSAGE").pk for user in ("alice", "bob", "alice")]
    for user, edge, expected in (
        ("alice", ids[2] + 1, [ids[2], ids[0]]),
        ("alice", ids[2], [ids[0]]),
        ("bob", ids[2], [ids[1]]),
    ):
        page = prepared.ask(user, edge=edge)
        assert page is not None
        assert [row.id for row in page.rows] == expected


def test_an_empty_inbox_has_a_head_and_a_strange_one_has_none(prepared: PagePrepared) -> None:
    head = Inbox.objects.open("alice")
    page = prepared.ask("alice", edge=1)
    assert page is not None
    assert (page.head, page.rows) == (head, [])
    assert prepared.ask("bob", edge=1) is None


def test_it_is_one_statement(prepared: PagePrepared) -> None:
    notify("alice", title="Hi", identifier="MESSAGE")
    with CaptureQueriesContext(connection) as captured:
        prepared.ask("alice", edge=99)
    assert len(captured) == 1


@pytest.mark.on_postgresql
@pytest.mark.parametrize("direction", ["older", "newer"])
def test_a_large_inbox_whose_rows_are_old_is_looked_up_in_the_index(direction: Any) -> None:
    for user in ("alice", "bob", "carol"):
        create_batch([{"user_id": user, "title": "Hi", "identifier": "MESSAGE"}] * 300)
    create_batch([{"user_id": f"user{number}", "title": "Hi", "identifier": "MESSAGE"} for number in range(100)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE notifications_notification")
    rows = matching(ListQuery(), user_id="alice")
    plan = beyond(rows, Cursor(direction, Notification.objects.filter(user_id="alice")[150].pk), 20).explain()
    assert "notification_active" in plan
