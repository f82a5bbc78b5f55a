"""Whichever door a change comes in by, it takes the inbox's next seq, keeps the counters, and one frame tells of it."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications import announce, notify, notify_many, retract
from notifications.actions import mark as marking
from notifications.actions.access import DEVELOPMENT
from notifications.actions.catch_up import head_of
from notifications.actions.expire import expire_due
from notifications.actions.fan_out import deliver_next
from notifications.actions.notify import create_batch
from notifications.models import Announcement, APIKey, Inbox, Notification, UnreadCount
from notifications.realtime.consumers import InboxConsumer
from notifications.realtime.hub import get_hub
from notifications.realtime.session import Session
from notifications.wire.commands import Mark
from tests.told import Told, listen_in

pytestmark = pytest.mark.django_db(transaction=True)
HELLO = {"title": "Hello", "identifier": "MESSAGE"}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return listen_in(monkeypatch)


class Doors:
    """The ways in, each for alice's inbox."""

    def __init__(self) -> None:
        _key, secret = APIKey.objects.issue("doors", scopes=["admin"])
        self.rest = Client(headers={"Authorization": f"Bearer {secret}"})
        self.admin = Client()
        self.admin.force_login(User.objects.create_superuser("root", password="x"))

    def send(self, method: str, path: str, body: object = None) -> Any:
        content = "" if body is None else json.dumps(body)
        answer = self.rest.generic(method, f"/notifications/{path}", content, "application/json")
        assert answer.status_code < 300, answer.content
        return answer

    def act(self, action: str, pk: int) -> None:
        form = {"action": action, "_selected_action": [pk]}
        answer = self.admin.post("/admin/notifications/notification/", form)
        assert answer.status_code == 302, answer.content

    def command(self, verb: str, pk: int) -> None:
        """The consumer's own way, without a server."""

        async def obey() -> None:
            async def send(message: dict[str, Any]) -> None:
                sent.append(json.loads(message["text"]))

            sent: list[dict[str, Any]] = []
            session = Session("alice", DEVELOPMENT, send)
            consumer = InboxConsumer()
            consumer.hub = get_hub()
            await consumer._obey(session, "c1", Mark(verb=verb, ids=(pk,)))
            assert sent[0]["type"] == "ok"

        asyncio.run(obey())


CREATE: dict[str, Callable[[Doors], object]] = {
    "notify": lambda doors: notify("alice", **HELLO),
    "notify_many": lambda doors: notify_many(["alice"], **HELLO),
    "create_batch": lambda doors: create_batch([{"user_id": "alice", **HELLO}]),
    "a model saved in the shell": lambda doors: Notification(user_id="alice", **HELLO).save(),
    "the manager": lambda doors: Notification.objects.create(user_id="alice", **HELLO),
    "REST": lambda doors: doors.send("POST", "", {"user_id": "alice", **HELLO}),
    "REST batch": lambda doors: doors.send("POST", "batch", {"notifications": [{"user_id": "alice", **HELLO}]}),
    "the admin form": lambda doors: doors.admin.post(
        "/admin/notifications/notification/add/",
        {"user_id": "alice", **HELLO, "priority": "normal", "data": "{}", "description": ""},
    ),
    "manage.py notify": lambda doors: call_command("notify", "alice", "Hello", verbosity=0),
    "manage.py mock_events": lambda doors: call_command("mock_events", user_id="alice", count=1, verbosity=0),
}


@pytest.mark.parametrize("door", CREATE)
def test_creating(door: str, told: Told) -> None:
    CREATE[door](Doors())
    [frame] = told.frames_of("alice")
    stored = Notification.objects.get(user_id="alice")
    assert frame is not None
    assert (frame["from"], frame["to"], frame["unread"], frame["unseen"], frame["more"]) == (0, 1, 1, 1, False)
    assert [(item["id"], item["seq"]) for item in frame["items"]] == [(stored.pk, 1)]
    assert_counters("alice", seq=1, unread=1)


READ: dict[str, Callable[[Doors, Notification], object]] = {
    "the queryset": lambda doors, row: Notification.objects.for_user("alice").mark_read(),
    "the action": lambda doors, row: marking.mark("alice", "read", up_to=row.pk),
    "a model saved in the shell": lambda doors, row: read_by_saving(row),
    "REST put": lambda doors, row: doors.send("PUT", str(row.pk)),
    "REST patch": lambda doors, row: doors.send("PATCH", str(row.pk), {"is_read": True}),
    "REST mark": lambda doors, row: doors.send("POST", "alice/mark", {"action": "read"}),
    "a socket": lambda doors, row: doors.command("read", row.pk),
    "the admin": lambda doors, row: doors.act("mark_read", row.pk),
}


def read_by_saving(row: Notification) -> None:
    row.read_at = row.created_at
    row.save()


@pytest.mark.parametrize("door", READ)
def test_reading(door: str, told: Told) -> None:
    row = notify("alice", **HELLO)
    told.clear()
    READ[door](Doors(), row)
    [frame] = told.frames_of("alice")
    assert frame is not None
    assert (frame["from"], frame["to"], frame["unread"], frame["unseen"]) == (1, 2, 0, 0)
    assert frame["items"][0]["is_read"] is True
    assert_counters("alice", seq=2, unread=0)


REMOVE: dict[str, Callable[[Doors, Notification], object]] = {
    "the queryset": lambda doors, row: Notification.objects.for_user("alice").delete(),
    "the model": lambda doors, row: row.delete(),
    "REST": lambda doors, row: doors.send("DELETE", str(row.pk)),
    "REST mark": lambda doors, row: doors.send("POST", "alice/mark", {"action": "delete", "ids": [row.pk]}),
    "a socket": lambda doors, row: doors.command("delete", row.pk),
    "expiry": lambda doors, row: expire(row),
}


def expire(row: Notification) -> None:
    """As if its time had come; the column is tracked, so it is moved with the whole guard in place."""
    row.expires_at = timezone.now() + timedelta(minutes=1)
    row.save()
    with mock.patch("notifications.actions.expire.timezone.now", return_value=row.expires_at):
        assert expire_due() == 1


@pytest.mark.parametrize("door", REMOVE)
def test_deleting(door: str, told: Told) -> None:
    row = notify("alice", **HELLO)
    REMOVE[door](Doors(), row)
    last = told.frames_of("alice")[-1]
    seq = Inbox.objects.get(pk="alice").seq
    assert last is not None
    assert (last["from"], last["to"], last["unread"]) == (seq - 1, seq, 0)
    assert last["items"] == [{"id": row.pk, "seq": seq, "deleted": True}]
    assert_counters("alice", seq=seq, unread=0)


def took_in(user_id: str = "alice") -> None:
    assert head_of(user_id).seq


def deliver() -> None:
    assert deliver_next()


def announced_over_rest(doors: Doors, whom: dict[str, object]) -> None:
    doors.send("POST", "announcements", {**HELLO, **whom})


def announced_in_the_admin(doors: Doors, user_ids: str) -> None:
    form = {**HELLO, "priority": "normal", "data": "{}", "description": "", "user_ids": user_ids}
    assert doors.admin.post("/admin/notifications/announcement/add/", form).status_code == 302


ANNOUNCE: dict[str, tuple[Callable[[Doors], object], Callable[[], object]]] = {
    "announce": (lambda doors: announce(**HELLO), took_in),
    "a model saved in the shell": (lambda doors: Announcement(**HELLO).save(), took_in),
    "REST": (lambda doors: announced_over_rest(doors, {"audience": "everyone"}), took_in),
    "the admin form": (lambda doors: announced_in_the_admin(doors, ""), took_in),
    "announce to a list": (lambda doors: announce(["alice"], **HELLO), deliver),
    "REST to a list": (lambda doors: announced_over_rest(doors, {"user_ids": ["alice"]}), deliver),
    "the admin form to a list": (lambda doors: announced_in_the_admin(doors, "alice"), deliver),
}


@pytest.mark.parametrize("door", ANNOUNCE)
def test_announcing(door: str, told: Told) -> None:
    Inbox.objects.open("alice")
    act, arrive = ANNOUNCE[door]
    act(Doors())
    assert not told.frames_of("alice"), "nothing has arrived yet"
    arrive()
    [frame] = told.frames_of("alice")
    stored = Notification.objects.get(user_id="alice")
    assert frame is not None
    assert (frame["from"], frame["to"], frame["unread"], frame["unseen"], frame["more"]) == (0, 1, 1, 1, False)
    assert [(item["id"], item["seq"]) for item in frame["items"]] == [(stored.pk, 1)]
    assert_counters("alice", seq=1, unread=1)


RETRACT: dict[str, Callable[[Doors, Announcement], object]] = {
    "retract": lambda doors, announcement: retract(announcement),
    "the model": lambda doors, announcement: announcement.delete(),
    "REST": lambda doors, announcement: doors.send("DELETE", f"announcements/{announcement.pk}"),
    "the admin": lambda doors, announcement: doors.admin.post(
        "/admin/notifications/announcement/", {"action": "retract", "_selected_action": [announcement.pk]}
    ),
}


@pytest.mark.parametrize("door", RETRACT)
def test_retracting(door: str, told: Told) -> None:
    Inbox.objects.open("alice")
    announcement = announce(**HELLO)
    head_of("alice")
    told.clear()
    RETRACT[door](Doors(), announcement)
    head_of("alice")
    [frame] = told.frames_of("alice")
    assert frame is not None
    assert (frame["from"], frame["to"], frame["unread"], frame["items"][0]["deleted"]) == (1, 2, 0, True)
    assert_counters("alice", seq=2, unread=0)


def test_editing_in_the_admin(told: Told) -> None:
    row = notify("alice", **HELLO)
    told.clear()
    doors = Doors()
    form = {"title": "Hallo", "description": "", "priority": "high", "data": "{}", "action_url": "/orders/7"}
    answer = doors.admin.post(f"/admin/notifications/notification/{row.pk}/change/", form)
    assert answer.status_code == 302, answer.content
    [frame] = told.frames_of("alice")
    assert frame is not None
    assert (frame["items"][0]["title"], frame["items"][0]["action_url"]) == ("Hallo", "/orders/7")
    assert_counters("alice", seq=2, unread=1)


@pytest.mark.parametrize("state", ["unread", "archive", "unarchive"])
def test_the_other_actions_of_the_admin(state: str, told: Told) -> None:
    row = notify("alice", **HELLO)
    before = {"unread": "read", "unarchive": "archive"}.get(state)
    if before:
        Notification.objects.apply(before)
    told.clear()
    Doors().act({"unread": "mark_unread"}.get(state, state), row.pk)
    assert len(told.frames_of("alice")) == 1


def assert_counters(user_id: str, *, seq: int, unread: int) -> None:
    inbox = Inbox.objects.get(pk=user_id)
    rows = Notification.objects.filter(user_id=user_id)
    assert (inbox.seq, inbox.unread) == (seq, unread)
    assert rows.unread().count() == unread
    assert sum(UnreadCount.objects.filter(inbox=inbox).values_list("unread", flat=True)) == unread
