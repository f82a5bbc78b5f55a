"""What was attached comes back as it was given, whoever reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from notifications import announce, notify
from notifications.actions.announce import edit
from notifications.actions.catch_up import head_of
from notifications.actions.notify import create_batch
from notifications.models import Announcement, Notification
from notifications.models.looking import changed, newest

pytestmark = pytest.mark.django_db

DATA: dict[str, Any] = {
    "floats": [1e16, -1e16, 1e20, 1.7976931348623157e308, {"deep": [[-1e300]]}, 9007199254740993.0, 7.0, 0.5, 5e-324],
    "integers": [2**53 - 1, 1 - 2**53, 0, True],
}
HELLO = {"title": "Hello", "identifier": "MESSAGE", "data": DATA}


def text(data: object) -> str:
    return json.dumps(data, sort_keys=True)


READ: dict[str, Callable[[], Any]] = {
    "the model": lambda: Notification.objects.get().data,
    "values": lambda: Notification.objects.values_list("data", flat=True)[0],
    "the newest": lambda: newest(["alice"], limit=1)[0].rows[0].data,  # type: ignore[union-attr]
    "the changes": lambda: changed([("alice", 0)], limit=1)[0].rows[0].data,  # type: ignore[union-attr]
}
WRITE: dict[str, Callable[[], object]] = {
    "one": lambda: notify("alice", **HELLO),
    "many": lambda: create_batch([{"user_id": "alice", **HELLO}]),
    "a copy": lambda: (head_of("alice"), announce(**HELLO), head_of("alice")),
}


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("write", WRITE)
def test_it_comes_back_as_it_was_given(write: str, read: str) -> None:
    WRITE[write]()
    assert text(READ[read]()) == text(DATA)


def test_a_notification_with_it_can_be_edited() -> None:
    notify("alice", **HELLO)
    row = Notification.objects.get()
    row.save()
    row.data = DATA
    row.save()
    assert row.seq == 1
    row.title = "Edited"
    row.save()
    assert Notification.objects.values_list("seq", "title").get() == (2, "Edited")


def test_an_announcement_with_it_can_be_edited() -> None:
    announcement = announce(**HELLO)
    edit(announcement.pk, {"title": "Edited"})
    edit(announcement.pk, {"data": DATA})
    found = Announcement.objects.get()
    assert (found.title, found.seq, text(found.data)) == ("Edited", 2, text(DATA))
