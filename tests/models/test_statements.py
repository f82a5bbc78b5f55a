"""The number of statements on the hot paths: docs/decisions/0005 promises them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import announce, notify
from notifications.actions import sync
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.limits import BATCH_MAX
from notifications.models import Inbox

pytestmark = pytest.mark.django_db

TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
ITEM = {"user_id": "alice", "title": "Hello", "identifier": "MESSAGE"}


@contextmanager
def statements(number: int) -> Iterator[None]:
    """Exactly so many statements, besides those that only bound the transaction."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [query["sql"] for query in captured if not query["sql"].startswith(TRANSACTION)]
    assert len(made) == number, "\n".join(made)


@pytest.fixture(autouse=True)
def a_full_inbox() -> None:
    create_batch([ITEM] * 30)


def test_create() -> None:
    with statements(3):
        notify("alice", title="Hello", identifier="MESSAGE")


def test_create_in_a_new_inbox() -> None:
    with statements(3):
        notify("bob", title="Hello", identifier="MESSAGE")


def test_create_with_a_dedupe_key() -> None:
    with statements(4):
        notify("alice", title="Hello", identifier="MESSAGE", dedupe_key="k")
    with statements(1):
        notify("alice", title="Hello", identifier="MESSAGE", dedupe_key="k")


def test_edit() -> None:
    notification = notify("alice", title="Hello", identifier="MESSAGE")
    notification.title = "Hello again"
    with statements(4):  # the inbox is locked, the row read, the number taken, the row written
        notification.save()
    with statements(2):
        notification.save()


def test_edit_of_an_announcement() -> None:
    announcement = announce(title="Hello", identifier="OPS")
    announcement.title = "Hello again"
    with statements(4):
        announcement.save()
    with statements(2):
        announcement.save()


def test_create_many() -> None:
    with statements(3):
        create_batch([ITEM] * 20)
    with statements(4):
        create_batch([{**ITEM, "dedupe_key": "k"}] * 20)
    with statements(3):
        create_batch([{**ITEM, "user_id": f"u{number}"} for number in range(BATCH_MAX)])


@pytest.mark.parametrize("number", [1, 20, 30])
def test_mark(number: int) -> None:
    newest = notify("alice", title="Hello", identifier="OTHER").pk
    with statements(5):
        mark("alice", "read", ids=range(newest - number, newest))
    with statements(2):
        mark("alice", "read", ids=range(newest - number, newest))


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (1, lambda: sync.changes_since("alice", 3)),
        (1, lambda: sync.changes_since("alice", 30)),
        (1, lambda: sync.snapshot("alice", "first")),
        (1, lambda: Inbox.objects.head("alice")),
    ],
    ids=["changes", "up to date", "snapshot", "head"],
)
def test_reading(number: int, read: Callable[[], object]) -> None:
    with statements(number):
        read()
