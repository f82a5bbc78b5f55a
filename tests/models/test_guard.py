"""The database itself refuses a change that no device would hear of."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from notifications import notify
from notifications.exceptions import TrackedColumnError
from notifications.models import Inbox, Notification
from notifications.models.queryset import GUARDED
from tests import ledger

pytestmark = pytest.mark.django_db

MOMENT = "2026-11-22 10:00:00+00:00"
OTHER = {
    "id": 999_999,
    "user_id": "bob",
    "seq": 1,
    "title": "Other",
    "description": "Other",
    "identifier": "OTHER",
    "data": '{"other": 1}',
    "action_url": "/other",
    "priority": "low",
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "read_at": MOMENT,
    "seen_at": MOMENT,
    "archived_at": MOMENT,
    "expires_at": MOMENT,
    "deleted_at": MOMENT,
}
"""A new value of every guarded column."""


@pytest.fixture
def sent() -> Notification:
    """Alice's second notification, seen."""
    notify("alice", title="First", identifier="MESSAGE")
    sent = notify("alice", title="Hello", identifier="MESSAGE")
    Notification.objects.filter(pk=sent.pk).mark_seen()
    return Notification.objects.get(pk=sent.pk)


def raw(sql: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_every_tracked_column_has_an_example() -> None:
    assert set(OTHER) == GUARDED


@pytest.mark.parametrize("column", sorted(GUARDED))
def test_raw_sql_cannot_change_a_tracked_column_without_a_number(sent: Notification, column: str) -> None:
    with pytest.raises(IntegrityError, match="without a new seq"):
        raw(f"UPDATE notifications_notification SET {column} = %s WHERE id = %s", OTHER[column], sent.pk)
    assert getattr(Notification.objects.get(pk=sent.pk), column) == getattr(sent, column)


def test_a_number_cannot_go_back(sent: Notification) -> None:
    with pytest.raises(IntegrityError, match="without a new seq"):
        raw("UPDATE notifications_notification SET title = 'x', seq = seq - 1 WHERE id = %s", sent.pk)


def test_a_row_cannot_move_to_another_inbox_even_with_a_new_number(sent: Notification) -> None:
    with pytest.raises(IntegrityError, match="without a new seq"):
        raw("UPDATE notifications_notification SET user_id = 'bob', seq = 99 WHERE id = %s", sent.pk)


def test_what_no_device_shows_may_change(sent: Notification) -> None:
    raw("UPDATE notifications_notification SET dedupe_key = 'k' WHERE id = %s", sent.pk)
    assert Notification.objects.filter(pk=sent.pk).update(dedupe_key="k2") == 1


def test_the_same_value_again_is_no_change(sent: Notification) -> None:
    raw("UPDATE notifications_notification SET title = title, read_at = read_at WHERE id = %s", sent.pk)


@pytest.mark.parametrize("column", sorted(GUARDED))
def test_an_update_of_a_tracked_column_is_refused_loudly(sent: Notification, column: str) -> None:
    with pytest.raises(TrackedColumnError, match=rf"{column}.*mark_read"):
        Notification.objects.filter(pk=sent.pk).update(**{column: getattr(sent, column)})


@pytest.mark.parametrize(
    "manager",
    [Notification.objects, Notification._base_manager, Notification._default_manager],
    ids=["objects", "base", "default"],
)
def test_no_manager_lets_an_update_through(sent: Notification, manager: object) -> None:
    with pytest.raises((TrackedColumnError, IntegrityError)), transaction.atomic():
        manager.filter(pk=sent.pk).update(title="x")  # type: ignore[attr-defined]


def test_bulk_update_is_refused(sent: Notification) -> None:
    sent.title = "x"
    with pytest.raises(TrackedColumnError):
        Notification.objects.bulk_update([sent], ["title"])


def test_bulk_create_without_a_number_fails() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.bulk_create([Notification(user_id="alice", title="x", identifier="M")])


def test_bulk_create_cannot_overwrite(sent: Notification) -> None:
    twin = Notification(pk=sent.pk, user_id="alice", title="x", identifier="M", seq=sent.seq)
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.bulk_create([twin], update_conflicts=True, unique_fields=["id"], update_fields=["title"])


def test_a_number_belongs_to_one_row(sent: Notification) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Notification.objects.bulk_create([Notification(user_id="alice", title="x", identifier="M", seq=sent.seq)])


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("notification_seq_positive", {"seq": 0}),
        ("notification_has_user", {"user_id": ""}),
        ("notification_has_identifier", {"identifier": ""}),
        ("notification_has_title", {"title": ""}),
        ("notification_priority_known", {"priority": "shrill"}),
        ("notification_read_is_seen", {"read_at": timezone.now()}),
    ],
)
def test_the_table_refuses(constraint: str, values: dict[str, object]) -> None:
    good = {"user_id": "alice", "seq": 1, "title": "x", "identifier": "M"}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Notification.objects.bulk_create([Notification(**{**good, **values})])


@pytest.mark.parametrize(
    "change", ["unread = -1", "unseen = -1", "unseen = unread + 1", "horizon = seq + 1", "unread = unseen - 1"]
)
def test_an_inbox_refuses_counts_that_cannot_be(sent: Notification, change: str) -> None:
    with pytest.raises(IntegrityError):
        raw(f"UPDATE notifications_inbox SET {change} WHERE user_id = 'alice'")


def test_an_unread_count_is_never_negative(sent: Notification) -> None:
    with pytest.raises(IntegrityError):
        raw("UPDATE notifications_unreadcount SET unread = -1")


def test_refused_writes_leave_the_ledger_as_it_was(sent: Notification) -> None:
    with pytest.raises(IntegrityError):
        raw("UPDATE notifications_notification SET read_at = %s, seen_at = %s", MOMENT, MOMENT)
    assert ledger.check("alice", seq=3).unread == 2
    assert Inbox.objects.head("alice").unseen == 1
