"""The engine as it runs in production: ``manage.py serve``, API key, user tokens."""

from __future__ import annotations

import time
from collections.abc import Sequence

import jwt

from benchmarks.load.http import request
from benchmarks.load.sockets import Door
from benchmarks.machine import Cores
from benchmarks.places import Place, rows
from notifications.wire.cursors import Cursor, encode
from tests.service import TOKEN_KEY, Service

from .filling import Filling, engine_statements
from .message import DESCRIPTION
from .subject import Subject

MANY = "100000000/min"
OPTIONS = {
    # Counted as ever, never reached.
    "RATE_LIMITS": {"key": MANY, "user": MANY, "address": MANY},
    "MAX_SOCKETS_PER_USER": 6000,
}
FIRST_FRAMES = 2
"""The welcome, and the snapshot or the changes since the cursor."""


class Engine(Subject):
    name = database = "engine"
    has_batch = True
    ready = "/readyz"
    key = ""

    def __init__(self, place: Place, *, server: str, cores: Cores) -> None:
        super().__init__(place, server=server, cores=cores)
        self.more_options: dict[str, object] = {}

    def environment(self) -> dict[str, str]:
        service = Service(self.place.directory, self.url, closed=True)
        return service.environment(**self.options()) | (
            {"REDIS_URL": self.place.redis_url} if self.place.redis_url else {}
        )

    def options(self) -> dict[str, object]:
        """The keys of ``settings.NOTIFICATIONS`` that differ from the defaults."""
        return {**OPTIONS, **self.more_options}

    def migrate(self) -> None:
        self.manage("manage.py migrate --verbosity 0")

    def enter(self) -> None:
        scopes = [word for scope in ("create", "read", "update") for word in ("--scope", scope)]
        self.key = self.manage("manage.py create_api_key benchmarks", *scopes).split()[-1]

    def command(self, port: int) -> list[str]:
        return ["manage.py", "serve", "--port", str(port), "--server", self.server]

    def headers(self) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.key}")]

    def create(self, user: str, title: str, *, description: str = DESCRIPTION) -> bytes:
        body = b'{"user_id":"%b","title":"%b","description":"%b","identifier":"MESSAGE"}' % (
            user.encode(), title.encode(), description.encode(),
        )  # fmt: skip
        return request("POST", "/notifications/", body, port=self.port, headers=self.headers())

    def batch(self, items: list[tuple[str, str]], *, description: str = DESCRIPTION) -> bytes:
        """The request that makes many: (user, title) each."""
        rows = [
            {"user_id": user, "title": title, "description": description, "identifier": "MESSAGE"}
            for user, title in items
        ]
        return self.send("POST", "/notifications/batch", {"notifications": rows})

    def door(self, user: str, *, cursor: tuple[str, int] | None = None, backlog: bool = False) -> Door:
        query = f"?epoch={cursor[0]}&since={cursor[1]}" if cursor else ""
        protocols = f"notifications.v1, bearer.{token(user)}"
        return Door(
            user=user,
            path=f"/notifications/ws/{user}{query}",
            headers={"Sec-WebSocket-Protocol": protocols},
            frames=FIRST_FRAMES,
        )

    def statements(self, filling: Filling) -> list[str]:
        return engine_statements(filling, is_sqlite=self.place.is_sqlite)

    def announce(self, title: str, **audience: str) -> bytes:
        """The request that announces, to ``audience="everyone"`` or to ``topic=…``."""
        row = {"title": title, "description": DESCRIPTION, "identifier": "MESSAGE", **audience}
        return self.send("POST", "/notifications/announcements", row)

    def reads(self, user: str) -> dict[str, bytes]:
        staff = self.manage("-m benchmarks.subjects.engine_staff").split()[-1]
        admin = request("GET", "/admin/notifications/notification/", port=self.port, headers=[("Cookie", staff)])
        return {name: self.get(path) for name, path in self._paths(user).items()} | {"admin list": admin}

    def _paths(self, user: str) -> dict[str, str]:
        mine = f"FROM notifications_notification WHERE user_id = '{user}'"
        middle = f"(SELECT (MIN(id) + MAX(id)) / 2 {mine})"
        ((identity, seq),) = rows(self.url, f"SELECT id, seq {mine} AND id >= {middle} ORDER BY id LIMIT 1")
        cursor = encode(Cursor("older", identity))
        return {
            "page": f"/notifications/{user}?limit=20",
            "page in the middle": f"/notifications/{user}?limit=20&cursor={cursor}",
            "counts": f"/notifications/{user}/counts",
            "100 changes": f"/notifications/{user}/changes?since={seq}&limit=100",
        }

    def mark(self, identity: int, *, is_read: bool) -> bytes:
        return self.send("PUT", f"/notifications/{identity}", {"is_read": is_read})

    def mark_oldest(self, user: str, count: int, *, is_read: bool) -> bytes:
        mine = f"SELECT id FROM notifications_notification WHERE user_id = '{user}'"
        ((last,),) = rows(self.url, f"{mine} ORDER BY id LIMIT 1 OFFSET {count - 1}")
        action = "read" if is_read else "unread"
        return self.send("POST", f"/notifications/{user}/mark", {"action": action, "up_to": last})

    def plans(self, user: str) -> str:
        return self.manage("-m benchmarks.subjects.engine_plans", self.key, *self._paths(user).values())

    def cursors(self, users: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Of devices that have missed everything: (epoch, 0) by user."""
        named = ", ".join(f"'{user}'" for user in users)
        found = rows(self.url, f"SELECT user_id, epoch FROM notifications_inbox WHERE user_id IN ({named})")
        return {user: (epoch, 0) for user, epoch in found}


class ViewsetLane(Engine):
    """The same without the express lane: Django answers every request."""

    name = "engine-viewset"

    def options(self) -> dict[str, object]:
        return {**super().options(), "EXPRESS": False}


def token(user: str) -> str:
    """A user token such as a product's back end signs."""
    now = int(time.time())
    return jwt.encode({"sub": user, "aud": "notifications", "iat": now, "exp": now + 3600}, TOKEN_KEY, "HS256")
