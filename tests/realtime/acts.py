"""What the tests of this folder do to the engine, and who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client

from notifications import notify
from notifications.actions.notify import create_batch
from notifications.models import APIKey, Inbox, Notification
from notifications.models.change import Head
from notifications.realtime.threads import in_reader

Options = Callable[..., None]
ORIGIN = "http://testserver"


async def send(user_id: str = "alice", *, times: int = 1, **fields: Any) -> Notification:
    """Commit so many notifications one by one, on another thread; returns the last."""

    def work() -> Notification:
        return [notify(user_id, **{"title": "Hello", "identifier": "MESSAGE", **fields}) for _ in range(times)][-1]

    return await in_reader(work)


async def send_at_once(number: int, **fields: Any) -> None:
    """Commit so many for alice in one transaction."""
    await in_reader(create_batch, [{"user_id": "alice", "title": "Hello", "identifier": "M", **fields}] * number)


async def head() -> Head:
    """Where alice's inbox stands."""
    return await in_reader(Inbox.objects.head, "alice")


async def key(*scopes: str) -> tuple[APIKey, str]:
    return await in_reader(APIKey.objects.issue, "test", scopes=scopes)


async def staff(*permissions: str) -> tuple[User, str]:
    """A logged-in operator with these permissions, and the cookie of the session."""

    def make() -> tuple[User, str]:
        user = User.objects.create_user("root", password="pw", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return user, client.cookies[settings.SESSION_COOKIE_NAME].value

    return await in_reader(make)


def cookie(value: str, **headers: str) -> dict[str, str]:
    return {"host": "testserver", "cookie": f"{settings.SESSION_COOKIE_NAME}={value}", **headers}
