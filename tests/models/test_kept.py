"""Hot statements are kept by PostgreSQL, and found the same way whatever their values."""

from __future__ import annotations

from itertools import count
from typing import Any

import psycopg
import pytest
from django.db import NotSupportedError, connection
from django.test.utils import CaptureQueriesContext

from notifications.actions.notify import create_batch
from notifications.api.pages import _usual, head_of
from notifications.api.reading import refuse_to_wait
from notifications.limits import CHANGES_MAX
from notifications.models import looking
from notifications.models.kept import kept
from notifications.wire.cursors import Cursor
from notifications.wire.queries import ListQuery

pytestmark = [pytest.mark.django_db, pytest.mark.on_postgresql]


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
    for number in (1, 2, 20):
        create_batch([{"user_id": "alice", "title": "Hello", "identifier": "M"}] * number)
    assert sorted(text.split()[2] for text in kept_statements()) == [
        "notifications_inbox",
        "notifications_notification",
        "notifications_unreadcount",
    ]


def test_a_pooler_may_forbid_it(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "prepare_threshold", None)
    with kept("default") as cursor:
        assert type(cursor.cursor) is link.cursor_factory
    create_batch([{"user_id": "alice", "title": "Hello", "identifier": "M"}])
    assert not kept_statements()


def test_a_project_may_bring_a_cursor_of_its_own(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(link.cursor_factory):  # type: ignore[misc]
        pass

    monkeypatch.setattr(link, "cursor_factory", Own)
    with kept("default") as cursor:
        assert type(cursor.cursor) is Own


def test_only_the_usual_pages_are_kept() -> None:
    usual = [ListQuery(), ListQuery(status="unread"), ListQuery(cursor=Cursor("newer", 1))]
    others = [ListQuery(limit=21), ListQuery(priority="high")]
    assert [_usual(query, "default")._is_kept for query in (*usual, *others)] == [True] * 3 + [False] * 2


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_a_migration_made_stale_fails_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE stale (name varchar(5))")

    def ask() -> list[Any]:
        with kept("default") as cursor:
            cursor.execute("SELECT name FROM stale")
            return cursor.fetchall()

    try:
        assert ask() == []
        with psycopg.connect(**_address(), autocommit=True) as other:
            other.execute("ALTER TABLE stale ALTER name TYPE varchar(6)")
        link: Any = connection.connection
        with pytest.raises(NotSupportedError):
            ask()
        assert link.closed  # the pool gives it to nobody else
        connection.close()  # as Django does between requests, and the engine's threads do after any error
        assert ask() == []
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE stale")


def _address() -> dict[str, Any]:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port") if name in given}


def test_a_plan_made_for_a_small_table_is_not_kept_for_long(link: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_inbox CASCADE")  # and what is left of rows that other tests rolled back
    create_batch([{"user_id": "alice", "title": "Hi", "identifier": "M"}])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    def plan() -> str:
        """That of the look for alice's head, after so many times that PostgreSQL keeps one."""
        for _ in range(12):
            head_of("alice", refuse_to_wait)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM pg_prepared_statements")
            ((name,),) = cursor.fetchall()
            cursor.execute(f"EXPLAIN EXECUTE {name} ('alice')")
            return "\n".join(line for (line,) in cursor.fetchall())

    link._prepared.clear()
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert "Seq Scan on notifications_inbox" in plan()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_inbox "
            "(user_id, epoch, seq, unread, unseen, horizon, board_seq, opened_board_seq) "
            "SELECT 'u' || n, 'e', 0, 0, 0, 0, 0, 0 FROM generate_series(1, 20000) AS n"
        )
    assert "Seq Scan on notifications_inbox" in plan()
    monkeypatch.setattr("notifications.models.kept.PLAN_SECONDS", -1)
    assert "Seq Scan on notifications_inbox" not in plan()


@pytest.mark.parametrize("what", ["changed", "newest"])
def test_a_plan_is_kept_however_many_rows_there_are(link: Any, what: str) -> None:
    create_batch([{"user_id": "alice", "title": "Hi", "identifier": "M"}] * 1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("UPDATE pg_class SET reltuples = 4e6 WHERE relname = 'notifications_notification'")
    for _ in range(12):
        looking._look(what, [{"user_id": "alice", "since": 3}], CHANGES_MAX + 1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans FROM pg_prepared_statements")
        assert max(number for (number,) in cursor.fetchall()) >= 5


def test_a_log_of_queries_shows_their_values(link: Any) -> None:
    for number in range(3):
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
        sql, asked = looking._statement("default", what, 21), ['[{"number": 0, "user_id": "u7", "since": 3}]']
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
