"""Root, who may do everything, and charlie of the staff, who may do what a test allows."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client

from notifications import notify
from notifications.models import Notification
from tests.told import Told, listen_before_commit

NOTIFICATIONS = "/admin/notifications/notification/"


@pytest.fixture
def root(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="pw"))
    return client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """``staff("view_notification")``: somebody with only these permissions."""

    def make(*codenames: str) -> Client:
        charlie = User.objects.create_user("charlie", password="pw", is_staff=True)
        charlie.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(charlie)
        return client

    return make


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Every change that devices would hear of."""
    return listen_before_commit(monkeypatch)


@pytest.fixture
def some(db: None) -> list[Notification]:
    """Alice has two, bob has one."""
    return [
        notify("alice", title="Hello", description="A first message", identifier="MESSAGE"),
        notify("alice", title="Order shipped", identifier="order.shipped"),
        notify("bob", title="Hello bob", identifier="MESSAGE"),
    ]


def titles(page: HttpResponse) -> list[str]:
    """The titles a list shows, as it shows them."""
    assert page.status_code == 200
    return re.findall(r'field-title"><a href="[^"]*">([^<]*)</a>', page.content.decode())


def text_of(page: HttpResponse) -> str:
    """What is to be read on it, in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())
