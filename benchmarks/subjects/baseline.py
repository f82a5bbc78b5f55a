"""The baseline, set up as well as it can be: Uvicorn with uvloop, a PostgreSQL pool, the better Redis layer."""

from __future__ import annotations

from benchmarks.load.http import request
from benchmarks.load.sockets import Door
from benchmarks.places import rows
from tests.servers import clean_environment

from .filling import Filling, baseline_statements
from .message import DESCRIPTION
from .subject import Subject

UVICORN = [
    "--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false",
    "--lifespan", "off", "--no-access-log", "--log-level", "warning", "--backlog", "4096", "--no-proxy-headers",
    "--no-server-header",
]  # fmt: skip
PAGE = 20


class Baseline(Subject):
    name = database = "baseline"
    application = "benchmarks.baseline.asgi:application"
    ready = "/notifications/?user_id=nobody"

    def environment(self) -> dict[str, str]:
        variables = {"DJANGO_SETTINGS_MODULE": "benchmarks.baseline.settings", "DATABASE_URL": self.url}
        return clean_environment(**variables, **({"REDIS_URL": self.place.redis_url} if self.place.redis_url else {}))

    def migrate(self) -> None:
        self.manage("-m django migrate --verbosity 0")

    def enter(self) -> None:
        """Nobody is asked who they are."""

    def command(self, port: int) -> list[str]:
        if self.server == "daphne":
            return ["-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "--verbosity", "0", self.application]
        return ["-m", "uvicorn", self.application, "--port", str(port), *UVICORN]

    def create(self, user: str, title: str, *, description: str = DESCRIPTION) -> bytes:
        body = b'{"user_id":"%b","title":"%b","description":"%b","identifier":"MESSAGE"}' % (
            user.encode(), title.encode(), description.encode(),
        )  # fmt: skip
        return request("POST", "/notifications/", body, port=self.port)

    def door(self, user: str, *, cursor: tuple[str, int] | None = None, backlog: bool = False) -> Door:
        # Asked for nothing it sends nothing, which is the quickest it can do.
        asks = backlog or cursor is not None
        return Door(user=user, path=f"/ws/{user}/" + ("?unread=1" if asks else ""), frames=1 if asks else 0)

    def statements(self, filling: Filling) -> list[str]:
        return baseline_statements(filling, is_sqlite=self.place.is_sqlite)

    def reads(self, user: str) -> dict[str, bytes]:
        ((count,),) = rows(self.url, f"SELECT COUNT(*) FROM inbox_notification WHERE user_id = '{user}'")
        return {
            "page": self.get(f"/notifications/?user_id={user}"),
            "page in the middle": self.get(f"/notifications/?user_id={user}&page={max(1, count // PAGE // 2)}"),
            "counts": self.get(f"/notifications/counts/?user_id={user}"),
        }

    def mark(self, identity: int, *, is_read: bool) -> bytes:
        return self.send("PATCH", f"/notifications/{identity}/", {"is_read": is_read})
