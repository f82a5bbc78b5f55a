"""Sending and correcting a notification by form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from notifications import notify
from notifications.models import Inbox, Notification
from tests.told import Told

from .conftest import NOTIFICATIONS, text_of

pytestmark = pytest.mark.django_db

ADD = f"{NOTIFICATIONS}add/"
FILLED = {
    "user_id": "alice",
    "identifier": "MESSAGE",
    "title": "Hello",
    "description": "",
    "priority": "normal",
    "action_url": "",
    "data": "{}",
    "expires_at_0": "",
    "expires_at_1": "",
    "dedupe_key": "",
}


def change(root: Client, notification: Notification, **fields: Any) -> Any:
    filled = {
        "title": notification.title,
        "description": notification.description,
        "priority": notification.priority,
        "action_url": notification.action_url or "",
        "data": json.dumps(notification.data),
    }
    return root.post(f"{NOTIFICATIONS}{notification.pk}/change/", {**filled, **fields}, follow=True)


def test_what_is_sent_reaches_the_devices(root: Client, told: Told) -> None:
    answer = root.post(ADD, {**FILLED, "data": '{"order": 7}', "action_url": "/orders/7", "priority": "high"})
    assert answer.status_code == 302
    (frame,) = told.frames_of("alice")
    (item,) = frame["items"]
    assert (item["title"], item["data"], item["action_url"], item["priority"]) == (
        "Hello",
        {"order": 7},
        "/orders/7",
        "high",
    )
    assert frame["unread"] == 1


def test_sending_is_logged(root: Client) -> None:
    root.post(ADD, FILLED)
    assert LogEntry.objects.get().object_repr == "Hello"


def test_empty_boxes_are_nothing(root: Client) -> None:
    root.post(ADD, {**FILLED, "data": ""})
    made = Notification.objects.get()
    assert (made.data, made.action_url, made.dedupe_key, made.expires_at) == ({}, None, None, None)


def test_lines_and_spaces_of_a_description_are_kept(root: Client) -> None:
    root.post(ADD, {**FILLED, "description": "  One\r\n\tTwo\r\n"})
    assert Notification.objects.get().description == "  One\n\tTwo\n"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", ""),
        ("user_id", "٣"),
        ("user_id", "me"),
        ("title", " "),
        ("title", "x" * 201),
        ("title", "bell \x07"),
        ("identifier", "-"),
        ("description", "x" * 4001),
        ("data", "[]"),
        ("data", "NaN"),
        ("data", '{"a": NaN}'),
        ("data", '{"a": 1, "a": 2}'),
        ("data", "[" * 990),
        ("data", '{"a": ' * 990),
        ("data", '{"__proto__": 1}'),
        ("data", '{"a": "\\ud800"}'),
        ("action_url", "javascript:alert(1)"),
        ("action_url", "http://a@evil.com"),
        ("priority", "loud"),
        ("dedupe_key", "two words"),
    ],
)
def test_the_limits_hold(root: Client, field: str, value: str) -> None:
    answer = root.post(ADD, {**FILLED, field: value})
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Notification.objects.exists()


def test_an_expiry_lies_in_the_future(root: Client) -> None:
    answer = root.post(ADD, {**FILLED, "expires_at_0": "2020-01-01", "expires_at_1": "00:00"})
    assert answer.context["adminform"].form.errors == {"expires_at": ["Must be in the future."]}


def test_an_empty_form_has_one_error_for_each_field(root: Client) -> None:
    answer = root.post(ADD, {})
    assert answer.context["adminform"].form.errors == {
        name: ["This field is required."] for name in ("user_id", "identifier", "title", "priority")
    }


def test_the_fields_say_what_they_may_be(root: Client) -> None:
    page = text_of(root.get(ADD))
    for words in (
        "letters, digits and . _ @ + : -",
        "/path or https://…",
        "Time zone: UTC.",
        "one notification with it",
    ):
        assert words in page


def test_a_dedupe_key_that_was_used_is_refused(root: Client) -> None:
    notify("alice", title="First", identifier="MESSAGE", dedupe_key="k")
    assert root.post(ADD, {**FILLED, "dedupe_key": "k"}).status_code == 200
    assert Notification.objects.count() == 1


def test_the_text_can_be_put_right_and_devices_hear_of_it(root: Client, some: list[Notification], told: Told) -> None:
    answer = change(root, some[0], title="Hello again", data='{"a": 1}')
    assert "was changed successfully" in text_of(answer)
    (frame,) = told.frames_of("alice")
    assert (frame["items"][0]["title"], frame["items"][0]["data"]) == ("Hello again", {"a": 1})


def test_what_was_sent_to_whom_stays(root: Client, some: list[Notification]) -> None:
    change(root, some[0], user_id="bob", identifier="OTHER", dedupe_key="k", seq="99", title="Hello again")
    stored = Notification.objects.get(pk=some[0].pk)
    assert (stored.user_id, stored.identifier, stored.dedupe_key, stored.title) == (
        "alice", "MESSAGE", None, "Hello again",
    )  # fmt: skip


def test_saving_without_a_change_spends_no_number(root: Client, some: list[Notification], told: Told) -> None:
    change(root, some[0])
    assert told == []
    assert Inbox.objects.get(pk="alice").seq == 2


def test_a_reading_while_the_form_is_open_is_not_undone(
    root: Client, some: list[Notification], monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications.admin.notifications import NotificationAdmin

    save = NotificationAdmin.save_model

    def read_first(self: Any, request: Any, obj: Notification, form: Any, change: bool) -> None:
        Notification.objects.filter(pk=obj.pk).mark_read()
        save(self, request, obj, form, change)

    monkeypatch.setattr(NotificationAdmin, "save_model", read_first)
    change(root, some[0], title="Hello again")
    assert Notification.objects.get(pk=some[0].pk).is_read


def test_one_deleted_while_the_form_is_open_stays_deleted(
    root: Client, some: list[Notification], monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications.admin.notifications import NotificationAdmin

    save = NotificationAdmin.save_model

    def delete_first(self: Any, request: Any, obj: Notification, form: Any, change: bool) -> None:
        Notification.objects.filter(pk=obj.pk).delete()
        save(self, request, obj, form, change)

    monkeypatch.setattr(NotificationAdmin, "save_model", delete_first)
    assert "was deleted" in text_of(change(root, some[0], title="Hello again"))


def test_a_deleted_one_has_no_page(root: Client, some: list[Notification]) -> None:
    some[0].delete()
    assert root.get(f"{NOTIFICATIONS}{some[0].pk}/change/").status_code == 302


def test_the_page_shows_state_and_times(root: Client, some: list[Notification]) -> None:
    page = text_of(root.get(f"{NOTIFICATIONS}{some[0].pk}/change/"))
    for label in ("Created", "Updated", "Read", "Seen", "Archived", "Seq"):
        assert f"{label}:" in page


def test_a_stored_row_that_breaks_a_limit_can_still_be_opened_and_says_why_it_is_not_saved(
    root: Client, some: list[Notification]
) -> None:
    Notification.objects.filter(pk=some[0].pk).update(dedupe_key="two words")  # not a tracked column
    answer = change(root, some[0], title="Hello again")
    assert "dedupe_key: Must be visible ASCII" in text_of(answer)


def test_who_may_only_view_sees_no_form(staff, some: list[Notification]) -> None:
    client = staff("view_notification")
    page = client.get(f"{NOTIFICATIONS}{some[0].pk}/change/").content.decode()
    assert 'name="title"' not in page
    assert client.post(ADD, FILLED).status_code == 403
