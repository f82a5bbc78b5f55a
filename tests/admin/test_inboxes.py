"""Inboxes in the admin: to look at."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client

from notifications.models import Notification

from .conftest import NOTIFICATIONS, text_of

pytestmark = pytest.mark.django_db

INBOXES = "/admin/notifications/inbox/"


def test_the_list_shows_where_each_stands(root: Client, some: list[Notification]) -> None:
    page = root.get(INBOXES)
    assert "alice 2 2 2" in text_of(page)
    assert f'<a href="{NOTIFICATIONS}?user=alice">' in page.content.decode()


def test_an_inbox_is_found_by_its_whole_user_id(root: Client, some: list[Notification]) -> None:
    assert "1 inbox" in text_of(root.get(INBOXES, {"q": "bob"}))
    assert "0 inboxes" in text_of(root.get(INBOXES, {"q": "bo"}))


def test_nothing_can_be_changed(root: Client, some: list[Notification]) -> None:
    assert root.get(f"{INBOXES}alice/change/").status_code == 200
    assert root.post(f"{INBOXES}alice/change/", {"seq": 9}).status_code == 403
    assert root.get(f"{INBOXES}add/").status_code == 403
    assert root.get(f"{INBOXES}alice/delete/").status_code == 403


def test_what_is_not_for_operators_is_not_registered() -> None:
    ours = {
        model.__name__ for model in apps.get_app_config("notifications").get_models() if admin.site.is_registered(model)
    }
    assert ours == {"Announcement", "Notification", "Inbox", "APIKey", "Subscription"}
