"""Both lanes in one thread and one database transaction, so that the same can be asked of each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from notification_engine.requests import RequestHandler
from notifications.api.express import Express
from notifications.api.guard import Guard
from notifications.models import (
    Announcement,
    AnnouncementPart,
    Board,
    IdempotencyRecord,
    Inbox,
    Notification,
    Subscription,
    UnreadCount,
    numbering,
)

CHANCE = {
    Inbox: {"created_at"}, Notification: set(), UnreadCount: set(), IdempotencyRecord: {"claim", "claimed_at"},
    Announcement: set(), AnnouncementPart: set(), Board: set(), Subscription: set(),
}  # fmt: skip
"""What requests can write, and what of it the database's clock and chance say."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    method: str
    path: str
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Got:
    """``is_express``: the lane answered it, and Django was not asked."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_express: bool = field(compare=False)


class Inline(Executor):
    """The caller's thread, which alone sees what its transaction has written; as if no event loop were running."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        finally:
            asyncio._set_running_loop(loop)
        return future


class Lanes:
    """``ask`` sends a request; through the lane or, once ``is_closed``, past it. A second goes by with each."""

    def __init__(self, monkeypatch: Any) -> None:
        for name in ("_readers", "_writers", "_changers"):
            monkeypatch.setattr(f"notifications.realtime.threads.{name}", Inline())
        monkeypatch.setattr("notifications.realtime.threads.connections.close_all", lambda: None)
        monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
        self.start_anew()
        self.is_closed = False
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.moment)
        monkeypatch.setattr(numbering, "new_epochs", lambda number: ["0123456789abcdef"] * number)

    def start_anew(self) -> None:
        """As a server does that is given other settings."""
        self._django = RequestHandler()
        self._django._threads = Inline()  # type: ignore[assignment]
        self.express = Express(self._ask_django)

    async def _ask_django(self, scope: Any, receive: Any, send: Any) -> None:
        scope["passed on"].append(True)
        await self._django(scope, receive, send)

    def ask(self, asked: Asked) -> Got:
        return self.ask_together([asked])[0]

    def ask_together(self, several: list[Asked]) -> list[Got]:
        """At once, as far as one thread can."""

        async def all_of_them() -> list[Got]:
            return await asyncio.gather(*(self._ask(asked) for asked in several))

        return asyncio.run(all_of_them())

    async def _ask(self, asked: Asked) -> Got:
        passed_on: list[bool] = []
        was_refused = True
        self.moment += timedelta(seconds=1)
        messages: list[dict[str, Any]] = []
        incoming = [{"type": "http.request", "body": asked.raw, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        async def behind_the_guard(*args: Any) -> None:
            nonlocal was_refused
            was_refused = False
            await (self._ask_django if self.is_closed else self.express)(*args)

        await Guard(behind_the_guard)({**scope_of(asked), "passed on": passed_on}, receive, send)
        start, *rest = messages
        names = [name.lower() for name, _ in start["headers"]]
        assert len(names) == len(set(names)), names
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in start["headers"]}
        body = b"".join(message.get("body", b"") for message in rest)
        headers.setdefault("content-length", str(len(body)))  # the server's work, unless somebody did it
        return Got(status=start["status"], headers=headers, body=body, is_express=not (passed_on or was_refused))


def scope_of(asked: Asked) -> dict[str, Any]:
    """As servers make it of a request."""
    path, _, query = asked.path.partition("?")
    names = {"host": "testserver", **{name.replace("_", "-").lower(): text for name, text in asked.headers.items()}}
    if asked.raw:
        names = {"content-type": "application/json", "content-length": str(len(asked.raw)), **names}
    return {
        "type": "http", "http_version": "1.1", "method": asked.method, "scheme": "http", "root_path": "",
        "path": unquote(path), "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), text.encode("latin-1")) for name, text in names.items()],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
    }  # fmt: skip


@contextmanager
def undone() -> Iterator[None]:
    """What is written within is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()
    if connection.vendor == "postgresql":
        restart_ids()


def restart_ids() -> None:
    """PostgreSQL's sequences are not rolled back."""
    with connection.cursor() as cursor:
        for table in CHANCE:
            if table._meta.pk.get_internal_type() == "BigAutoField":
                name = table._meta.db_table
                following = f"(SELECT COALESCE(MAX(id), 0) + 1 FROM {name})"
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {following}, false)")


def stored() -> dict[str, list[dict[str, Any]]]:
    """Everything that requests can write, but for what is left to chance."""

    def rows(table: Any) -> list[dict[str, Any]]:
        names = [field.attname for field in table._meta.concrete_fields if field.attname not in CHANCE[table]]
        return list(table.objects.order_by("pk").values(*names))

    return {table.__name__: rows(table) for table in CHANCE}
