"""What the lists cost: a bounded number of statements, none of which counts or sorts a whole table."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.actions.notify import create_batch
from notifications.admin import bounded, identifiers
from notifications.models import Notification

from .conftest import NOTIFICATIONS, text_of, titles

pytestmark = pytest.mark.django_db

# So many rows, the named ones, or the end of an index.
BOUND = re.compile(r' LIMIT \d+|"(id|user_id)" IN \([^S]|SELECT MAX\("\w+"."id"\)')
QUERIES = [
    "",
    "?p=2",
    "?state=unread",
    "?state=read",
    "?identifier=MESSAGE",
    "?user=alice",
    "?created=year",
    "?q=hello",
    "?q=MESS&identifier=MESSAGE&state=unread&created=year",
    "?_facets=True",
]


@pytest.fixture(autouse=True)
def many(db: None) -> None:
    """Sixty unread ones and sixty read ones: more than a page of either."""
    create_batch([{"user_id": "alice", "title": f"Hello {number}", "identifier": "MESSAGE"} for number in range(120)])
    Notification.objects.filter(title__in=[f"Hello {number}" for number in range(60)]).mark_read()


def statements(root: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert root.get(path).status_code == 200
    return [query["sql"] for query in captured if "notifications_" in query["sql"]]


@pytest.mark.parametrize("query", QUERIES)
def test_every_statement_stops_somewhere(root: Client, query: str) -> None:
    for sql in statements(root, NOTIFICATIONS + query):
        assert BOUND.search(sql), sql


@pytest.mark.parametrize("query", QUERIES)
def test_the_number_of_statements_does_not_grow_with_the_rows(root: Client, query: str) -> None:
    before = len(statements(root, NOTIFICATIONS + query))
    create_batch([{"user_id": f"user{number}", "title": "Hello", "identifier": "MESSAGE"} for number in range(60)])
    assert len(statements(root, NOTIFICATIONS + query)) == before


def test_a_list_takes_a_look_per_identifier_and_three_statements(root: Client) -> None:
    # Looks: the first identifier, and that there is no other. Statements: the keys, their number, the page.
    assert len(statements(root, NOTIFICATIONS)) == 2 + 3


def test_the_table_is_read_once(root: Client) -> None:
    filtered = [sql for sql in statements(root, f"{NOTIFICATIONS}?state=read") if '"read_at" IS NOT NULL' in sql]
    assert len(filtered) == 1


@pytest.mark.on_sqlite
@pytest.mark.parametrize("query", [query for query in QUERIES if "q=" not in query])
def test_no_list_sorts_what_it_reads(root: Client, query: str) -> None:
    for sql in statements(root, NOTIFICATIONS + query):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "TEMP B-TREE" not in plan, f"{sql}\n{plan}"


def test_fifty_rows_make_a_page(root: Client) -> None:
    assert len(titles(root.get(NOTIFICATIONS))) == 50
    assert len(titles(root.get(f"{NOTIFICATIONS}?p=3"))) == 20


def test_rows_beyond_the_bound_are_not_counted(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SHOWN", 110)
    page = root.get(NOTIFICATIONS)
    assert "110+ notifications" in text_of(page)
    assert "?p=4" not in page.content.decode()


def test_rows_within_the_bound_are_counted(root: Client) -> None:
    assert "120 notifications" in text_of(root.get(NOTIFICATIONS))


def test_words_are_sought_in_recent_rows_or_in_those_of_one_user(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications.admin import search

    monkeypatch.setattr(search, "WORDS_SOUGHT_IN", 10)
    assert len(titles(root.get(f"{NOTIFICATIONS}?q=hello"))) == 10
    assert len(titles(root.get(f"{NOTIFICATIONS}?q=hello&user=alice"))) == 50


def test_only_so_many_identifiers_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    create_batch([{"user_id": "alice", "title": "Hello", "identifier": f"kind.{n:02}"} for n in range(40)])
    offered = identifiers.first_identifiers()
    assert len(offered) == identifiers.OFFERED
    assert offered[:2] == ["MESSAGE", "kind.00"]
    assert identifiers.identifiers_beginning_with("KIND.1") == [f"kind.1{n}" for n in range(10)]
    assert identifiers.identifiers_beginning_with("zzz") == []


def test_inboxes_are_counted_to_the_bound_too(root: Client) -> None:
    create_batch([{"user_id": f"user{number}", "title": "Hello", "identifier": "MESSAGE"} for number in range(60)])
    for sql in statements(root, "/admin/notifications/inbox/"):
        assert BOUND.search(sql), sql


def test_no_column_can_be_sorted_by(root: Client) -> None:
    newest = titles(root.get(NOTIFICATIONS))
    assert titles(root.get(f"{NOTIFICATIONS}?o=1")) == newest
