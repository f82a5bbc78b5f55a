"""A shop that has a bell on its page: its server, and what a visitor sees."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import BrowserContext, Locator, WebSocket

from tests.servers import Server, free_port, running
from tests.service import ROOT, Service

WATCH = """
window.complaints = [];
addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
  complaints.push(`${violatedDirective} ${blockedURI} ${sample}`));
"""
STORED = """() => new Promise((resolve) => {
  const opening = indexedDB.open('notification-inbox', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('inboxes');
  opening.onsuccess = () => {
    const asked = opening.result.transaction('inboxes').objectStore('inboxes').getAll();
    asked.onsuccess = () => resolve(asked.result[0]?.state.seq ?? null);
    opening.result.close();
  };
})"""
PATIENCE_SECONDS = 10


class Shop(Service):
    """Keeps its address over restarts."""

    def __init__(self, directory: Any, url: str) -> None:
        super().__init__(directory, url)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._users, self._runs = count(1000), count(1)

    def environment(self, **options: object) -> dict[str, str]:
        given = super().environment(**options)
        return given | {"DJANGO_SETTINGS_MODULE": "tests.browser.settings", "TEST_OPTIONS": json.dumps(options)}

    @contextmanager
    def open(self, **options: object) -> Iterator[Server]:
        """Serve for the length of the block, always at the same address."""
        command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"]
        log = self.directory / f"shop-{next(self._runs)}.log"
        environment = self.environment(**options)
        with running(command, port=self.port, environment=environment, directory=ROOT, log=log) as server:
            yield server

    def new_user(self) -> int:
        return next(self._users)

    def send(self, user: int, title: str = "Order shipped", **fields: Any) -> dict[str, Any]:
        return self.ask("POST", "/", user_id=user, title=title, **{"identifier": "order.shipped"} | fields)

    def inbox(self, user: int) -> dict[str, Any]:
        """The whole inbox as REST has it now."""
        return self.ask("GET", f"/{user}?status=all&limit=100")

    def ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        data = json.dumps(body).encode() if body else None
        request = Request(
            f"{self.address}/notifications{path}", data, {"Content-Type": "application/json"}, method=method
        )
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)


class Visit:
    """One page with a bell. ``problems``: what the browser complained about."""

    def __init__(self, shop: Shop, context: BrowserContext, attributes: dict[str, str], script: str = "") -> None:
        self.shop, self.context = shop, context
        self.page = context.new_page()
        self.problems: list[str] = []
        self.sockets: list[WebSocket] = []
        self.forgives = False
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._hear)
        self.page.on("websocket", self._open)
        self.page.add_init_script(WATCH + script)
        self.page.goto(f"{shop.address}/bell?{urlencode(attributes)}")
        self.bell: Locator = self.page.locator("notification-inbox")
        self.button = self.page.locator("notification-inbox .bell")
        self.panel = self.page.get_by_role("dialog")
        self.items = self.panel.locator("li")
        self.toasts = self.page.locator("notification-inbox .toast")

    def is_live(self) -> Visit:
        """Wait until it is connected and has what the server has."""
        self.until(lambda: self.get("connection") == "live" and self.get("client.store.epoch"))
        return self

    def open(self) -> Visit:
        self.button.click()
        self.panel.wait_for()
        return self

    def get(self, path: str) -> Any:
        """A property of the element."""
        return self.page.evaluate(f"document.querySelector('notification-inbox').{path}")

    def counts(self) -> tuple[int, int]:
        """Unread and unseen, as shown."""
        return self.get("counts.unread"), self.get("counts.unseen")

    def rows(self) -> dict[int, tuple[bool, bool]]:
        """id → read, archived: all that this device holds."""
        rows = self.get("client.store.view.rows")
        return {row["id"]: (row["is_read"], row["archived_at"] is not None) for row in rows}

    def stored_seq(self) -> int | None:
        """The position of the only inbox in IndexedDB."""
        return self.page.evaluate(STORED)

    def open_sockets(self) -> int:
        return sum(not socket.is_closed() for socket in self.sockets)

    def complaints(self) -> list[str]:
        """What the Content-Security-Policy forbade."""
        return self.page.evaluate("complaints")

    def until(self, condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited {seconds} s"
            self.page.wait_for_timeout(25)

    def _open(self, socket: WebSocket) -> None:
        self.sockets.append(socket)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not (self.forgives or "favicon" in message.location.get("url", "")):
            self.problems.append(message.text)
