"""``notify``: one notification from the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import CommandError
from django.db import connection

from notifications.models import Notification

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


def test_it_prints_the_id(run: Run) -> None:
    assert run("notify", "123", "Hello") == [str(Notification.objects.get().pk)]


def test_little_is_needed(run: Run) -> None:
    run("notify", "123", "Hello")
    made = Notification.objects.get()
    assert (made.user_id, made.title, made.identifier, made.description) == ("123", "Hello", "MESSAGE", "")
    assert (made.data, made.priority, made.action_url, made.dedupe_key) == ({}, "normal", None, None)


def test_everything_can_be_said(run: Run) -> None:
    run(
        "notify", "a@b", "Order shipped", "--description", "Today", "--identifier", "order.shipped",
        "--data", '{"order": 7}', "--action-url", "/orders/7", "--priority", "high", "--dedupe-key", "k7",
    )  # fmt: skip
    made = Notification.objects.get()
    assert (made.user_id, made.identifier, made.description, made.data) == (
        "a@b",
        "order.shipped",
        "Today",
        {"order": 7},
    )
    assert (made.priority, made.action_url, made.dedupe_key) == ("high", "/orders/7", "k7")


def test_a_dedupe_key_given_twice_prints_the_first_id(run: Run) -> None:
    first = run("notify", "123", "Hello", dedupe_key="k")
    assert run("notify", "123", "Hello again", dedupe_key="k") == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["123", " "], "^title: "),
        (["me", "Hello"], "user id"),
        (["123", "Hello", "--identifier", "!"], "^identifier: "),
        (["123", "", "--identifier", "!"], "^title: .*; identifier: "),
        (["123", "Hello", "--action-url", "javascript:alert(1)"], "^action_url: "),
        (["123", "Hello", "--data", "{"], "^data: "),
        (["123", "Hello", "--data", "[]"], "^data: "),
        (["123", "Hello", "--data", '{"a": NaN}'], "^data: "),
        (["123", "Hello", "--data", "[" * 990], "^data: "),
        (["123", "Hello", "--priority", "loud"], "invalid choice"),
        (["123"], "required: title"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message) as caught:
        run("notify", *arguments)
    assert "\n" not in str(caught.value)
    assert not Notification.objects.exists()


def test_a_database_without_tables_says_what_to_do(run: Run) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_inbox RENAME TO gone")  # undone with the test's transaction
    with pytest.raises(CommandError, match=r"notifications_inbox.*migrate") as caught:
        run("notify", "123", "Hello")
    assert "\n" not in str(caught.value)
