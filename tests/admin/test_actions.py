"""The actions on chosen notifications: each reaches the devices."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from notifications.actions.notify import create_batch
from notifications.admin import notifications as page
from notifications.admin import portions
from notifications.models import Inbox, Notification
from tests.told import Told

from .conftest import NOTIFICATIONS, text_of

pytestmark = pytest.mark.django_db


def act(client: Client, action: str, chosen: list[Notification], **fields: Any) -> Any:
    body = {"action": action, "_selected_action": [row.pk for row in chosen], **fields}
    return client.post(NOTIFICATIONS, body, follow=True)


def test_mark_read(root: Client, some: list[Notification], told: Told) -> None:
    assert "3 notifications changed." in text_of(act(root, "mark_read", some))
    (frame,) = told.frames_of("alice")
    assert [item["is_read"] for item in frame["items"]] == [True, True]
    assert frame["unread"] == 0
    assert len(told.frames_of("bob")) == 1


def test_marking_read_twice_changes_nothing(root: Client, some: list[Notification], told: Told) -> None:
    act(root, "mark_read", some)
    told.clear()
    assert "0 notifications changed." in text_of(act(root, "mark_read", some))
    assert told == []


def test_mark_unread(root: Client, some: list[Notification], told: Told) -> None:
    act(root, "mark_read", some)
    assert "1 notification changed." in text_of(act(root, "mark_unread", some[:1]))
    assert told.frames_of("alice")[-1]["unread"] == 1


def test_archive_and_unarchive(root: Client, some: list[Notification], told: Told) -> None:
    act(root, "archive", some[:1])
    assert told.frames_of("alice")[-1]["items"][0]["archived_at"] is not None
    act(root, "unarchive", some[:1])
    assert told.frames_of("alice")[-1]["items"][0]["archived_at"] is None


def test_deleting_asks_first(root: Client, some: list[Notification], told: Told) -> None:
    answer = act(root, "delete_selected", some)
    assert "Are you sure" in text_of(answer)
    assert told == []


def test_deleting_leaves_tombstones(root: Client, some: list[Notification], told: Told) -> None:
    answer = act(root, "delete_selected", some, post="yes")
    assert "Successfully deleted 3 notifications" in text_of(answer)
    assert told.frames_of("bob")[-1]["items"] == [{"id": some[2].pk, "seq": 2, "deleted": True}]
    assert Notification.objects.live().count() == 0
    assert Notification.objects.count() == 3


def test_deleting_one_on_its_page_leaves_a_tombstone(root: Client, some: list[Notification], told: Told) -> None:
    path = f"{NOTIFICATIONS}{some[2].pk}/delete/"
    assert "Are you sure" in text_of(root.get(path))
    root.post(path, {"post": "yes"})
    assert told.frames_of("bob")[-1]["items"] == [{"id": some[2].pk, "seq": 2, "deleted": True}]


def test_only_so_many_are_deleted_at_once(root: Client, some: list[Notification], monkeypatch) -> None:
    monkeypatch.setattr(page, "DELETED_AT_ONCE", 2)
    monkeypatch.setattr(page, "DELETED_SHOWN", 1)
    asked = act(root, "delete_selected", some)
    assert "Notifications: 2" in text_of(asked)
    assert "…" in text_of(asked)
    act(root, "delete_selected", some, post="yes")
    assert [row.pk for row in Notification.objects.live()] == [some[0].pk]


def test_all_of_a_long_list_are_changed_in_portions(root: Client, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "PORTION", 7)
    items = [{"user_id": f"user{number % 3}", "title": "Hello", "identifier": "MESSAGE"} for number in range(60)]
    create_batch(items)
    told.clear()
    answer = act(root, "mark_read", list(Notification.objects.all()[:1]), select_across="1")
    assert "60 notifications changed." in text_of(answer)
    assert [inbox.unread for inbox in Inbox.objects.all()] == [0, 0, 0]
    assert len(told) == 27  # nine portions, each in three inboxes


def test_what_is_too_much_for_one_request_is_said_and_done_by_the_next(
    root: Client, some: list[Notification], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "PORTION", 1)
    monkeypatch.setattr(portions, "MOST", 2)
    first = text_of(act(root, "mark_read", some))
    assert "2 notifications changed." in first
    assert "There are more" in first
    second = text_of(act(root, "mark_read", some))
    assert "1 notification changed." in second
    assert "There are more" not in second


def test_an_action_stays_within_the_filter(root: Client, some: list[Notification]) -> None:
    root.post(f"{NOTIFICATIONS}?user=bob", {"action": "mark_read", "_selected_action": [row.pk for row in some]})
    assert [row.is_read for row in Notification.objects.order_by("pk")] == [False, False, True]


@pytest.mark.parametrize("action", ["mark_read", "mark_unread", "archive", "unarchive", "delete_selected"])
def test_who_may_only_view_cannot_act(staff, some: list[Notification], told: Told, action: str) -> None:
    act(staff("view_notification"), action, some, post="yes")
    assert told == []


def test_who_may_change_may_not_delete(staff, some: list[Notification], told: Told) -> None:
    client = staff("view_notification", "change_notification")
    act(client, "delete_selected", some, post="yes")
    assert told == []
    act(client, "mark_read", some)
    assert told != []
