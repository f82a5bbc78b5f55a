"""Announcing by form, following, correcting and taking back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from notifications import announce, notify, retract
from notifications.actions.catch_up import head_of
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement, Notification
from notifications.models.board import BoardManager

from .conftest import text_of, titles

pytestmark = pytest.mark.django_db

ANNOUNCEMENTS = "/admin/notifications/announcement/"
ADD = f"{ANNOUNCEMENTS}add/"
FILLED = {
    "identifier": "OPS", "title": "News", "description": "Two\r\nlines", "priority": "normal", "action_url": "",
    "data": "{}", "expires_at_0": "", "expires_at_1": "", "user_ids": "",
}  # fmt: skip


@pytest.fixture
def of_alice() -> Callable[[], list[str]]:
    def read() -> list[str]:
        head_of("alice")
        return [row.title for row in Notification.objects.active().filter(user_id="alice").order_by("id")]

    return read


@pytest.fixture
def announcement() -> Announcement:
    notify("alice", title="Hello", identifier="MESSAGE")
    return announce(title="News", identifier="OPS")


def test_everyone_is_announced_to(root: Client, of_alice: Any) -> None:
    notify("alice", title="Hello", identifier="MESSAGE")
    assert root.post(ADD, FILLED).status_code == 302
    assert of_alice() == ["Hello", "News"]
    assert Notification.objects.get(title="News").description == "Two\nlines"


def test_a_list_is_announced_to(root: Client) -> None:
    assert root.post(ADD, {**FILLED, "user_ids": "alice, 123\r\nbob alice"}).status_code == 302
    announcement = Announcement.objects.get()
    assert (announcement.audience, announcement.recipients) == ("list", 3)
    assert deliver_next()
    page = text_of(root.get(f"{ANNOUNCEMENTS}{announcement.pk}/change/"))
    assert "Inboxes that have it: 3" in page
    assert set(Notification.objects.values_list("user_id", flat=True)) == {"alice", "123", "bob"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "This field is required."),
        ({"title": "x" * 201}, "at most 200 characters"),
        ({"identifier": "<b>"}, "Must start with a letter or digit"),
        ({"action_url": "javascript:alert(1)"}, "Must be http(s)"),
        ({"data": "[1]"}, "Must be an object."),
        ({"user_ids": "alice me"}, "me is no user_id."),
        ({"user_ids": "alice", "include_new": "on"}, "A list is for those on it."),
    ],
    ids=str,
)
def test_bad_input_is_named_and_nothing_is_announced(root: Client, fields: dict[str, str], said: str) -> None:
    page = root.post(ADD, {**FILLED, **fields})
    assert page.status_code == 200
    assert said in text_of(page)
    assert not Announcement.objects.exists()


def test_a_correction_reaches_every_inbox(root: Client, announcement: Announcement, of_alice: Any) -> None:
    assert of_alice() == ["Hello", "News"]
    page = root.post(f"{ANNOUNCEMENTS}{announcement.pk}/change/", {**FILLED, "title": "Better news"})
    assert page.status_code == 302
    assert of_alice() == ["Hello", "Better news"]


def test_a_correction_keeps_what_another_corrects_at_the_same_time(
    root: Client, announcement: Announcement, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = BoardManager.lock

    def late(board: BoardManager) -> int:
        monkeypatch.setattr(BoardManager, "lock", lock)
        Announcement.objects.filter(pk=announcement.pk).update(priority="high")
        return lock(board)

    monkeypatch.setattr(BoardManager, "lock", late)
    root.post(f"{ANNOUNCEMENTS}{announcement.pk}/change/", {**FILLED, "title": "Better news"})
    announcement.refresh_from_db()
    assert (announcement.title, announcement.priority) == ("Better news", "high")


def test_it_is_taken_back_by_an_action(root: Client, announcement: Announcement, of_alice: Any) -> None:
    assert of_alice() == ["Hello", "News"]
    chosen = {"action": "retract", "_selected_action": [announcement.pk]}
    page = root.post(ANNOUNCEMENTS, chosen, follow=True)
    assert "1 announcement retracted." in text_of(page)
    assert of_alice() == ["Hello"]


def test_what_was_taken_back_cannot_be_corrected(root: Client, announcement: Announcement) -> None:
    retract(announcement)
    address = f"{ANNOUNCEMENTS}{announcement.pk}/change/"
    assert 'name="title"' not in root.get(address).content.decode()
    page = root.post(address, {**FILLED, "title": "Better news"}, follow=True)
    assert "It was retracted or has expired" in text_of(page)
    assert Announcement.objects.get().title == "News"


def test_nothing_is_deleted(root: Client, announcement: Announcement) -> None:
    assert root.post(f"{ANNOUNCEMENTS}{announcement.pk}/delete/", {"post": "yes"}).status_code == 403
    assert "Delete" not in text_of(root.get(ANNOUNCEMENTS))


def test_it_is_for_who_may_send_notifications(staff: Callable[..., Client], announcement: Announcement) -> None:
    charlie = staff("view_notification", "change_notification", "add_announcement", "change_announcement")
    assert charlie.get(ANNOUNCEMENTS).status_code == 403
    assert charlie.post(ADD, FILLED).status_code == 403


def test_who_may_send_may_announce(staff: Callable[..., Client], announcement: Announcement) -> None:
    charlie = staff("add_notification")
    assert titles(charlie.get(ANNOUNCEMENTS)) == ["News"]
    assert charlie.post(ADD, FILLED).status_code == 302
    assert Announcement.objects.count() == 2


def test_the_list_is_bounded(root: Client, announcement: Announcement, django_assert_max_num_queries: Any) -> None:
    for _ in range(60):
        announce(title="More", identifier="OPS")
    with django_assert_max_num_queries(6):
        assert len(titles(root.get(ANNOUNCEMENTS))) == 50
