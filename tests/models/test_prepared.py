"""Hot statements are kept by PostgreSQL, and found the same way whatever their values."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import notify
from notifications.actions.notify import create_batch
from notifications.api.pages import _usual
from notifications.models import Notification, looking
from notifications.models.prepared import kept
from notifications.wire.cursors import Cursor
from notifications.wire.queries import ListQuery

pytestmark = [pytest.mark.django_db, pytest.mark.on_postgresql]

PATIENCE = 5


@pytest.fixture
def link() -> Any:
    """The connection, which has kept nothing yet."""
    connection.ensure_connection()
    link: Any = connection.connection
    link.execute("DEALLOCATE ALL")
    link._prepared.clear()
    return link


def kept_statements() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [statement for (statement,) in cursor.fetchall()]


def test_creating_keeps_its_three_statements(link: Any) -> None:
    for _ in range(PATIENCE):
        notify("alice", title="Hello", identifier="M")
    assert not kept_statements()
    create_batch([{"user_id": "alice", "title": "Hello", "identifier": "M"}])
    assert sorted(text.split()[2] for text in kept_statements()) == [
        "notifications_inbox",
        "notifications_unreadcount",
    ]
    for _ in range(PATIENCE):
        create_batch([{"user_id": "alice", "title": "Hello", "identifier": "M"}] * 2)
    assert sorted(text.split()[2] for text in kept_statements()) == [
        "notifications_inbox",
        "notifications_notification",
        "notifications_unreadcount",
    ]
    assert Notification.objects.count() == 16


def test_a_pooler_may_forbid_it(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "prepare_threshold", None)
    for _ in range(PATIENCE + 2):
        create_batch([{"user_id": "alice", "title": "Hello", "identifier": "M"}])
    assert not kept_statements()


def test_a_log_of_queries_shows_their_values(link: Any) -> None:
    for number in range(PATIENCE + 2):
        with CaptureQueriesContext(connection) as captured, kept("default") as cursor:
            cursor.execute("SELECT %s::int", [number])
        assert [query["sql"] for query in captured] == [f"SELECT {number}::int"]


@pytest.mark.parametrize(
    ("what", "index"),
    [("changed", "notification_seq_once"), ("newest", "notification_active"), ("page", "notification_active")],
)
def test_a_plan_for_any_values_finds_rows_by_the_inbox(what: str, index: str) -> None:
    """One inbox with most of the rows, and many with few: the plan is made for none of them."""
    create_batch([{"user_id": "alice", "title": "Hi", "identifier": "M"}] * 1000)
    for _ in range(5):
        create_batch([{"user_id": f"u{number}", "title": "Hi", "identifier": "M"} for number in range(400)])
    if what == "page":
        prepared = _usual(ListQuery(cursor=Cursor("older", 1)), "default")
        sql = prepared._sql
        asked: list[Any] = [*prepared._rows.params({"user_id": "u7", "edge": 10**9}), "u7"]
    else:
        sql, asked = looking._statement("default", what), [21, '[{"number": 0, "user_id": "u7", "since": 3}]']
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        numbers = count(1)
        text = "".join(part + f"${next(numbers)}" for part in sql.split("%s")[:-1]) + sql.split("%s")[-1]
        cursor.execute(f"PREPARE any_values AS {text.replace('%%', '%')}")
        cursor.execute(f"EXPLAIN EXECUTE any_values ({', '.join(['%s'] * len(asked))})", asked)
        plan = "\n".join(row for (row,) in cursor.fetchall())
        cursor.execute("DEALLOCATE any_values")
    assert index in plan, plan
    assert "Seq Scan on notifications_notification" not in plan, plan
