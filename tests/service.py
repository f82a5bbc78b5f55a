"""The service in processes of its own: servers on one database, and an outsider that writes to it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

from tests.servers import Server, clean_environment, free_port, running

ROOT = Path(__file__).resolve().parents[1]
TOKEN_KEY = "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLOSED = {
    "SECRET_KEY": "q8Zr-0wY3nVtK5xLb2MfJ7dHs9GcPaEu1TiRo6Wq4SyN-h2Dk7",
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
}
"""What the production settings ask for."""


class Service:
    """The engine on the database of ``url``, with the settings of development or, ``closed``, of production."""

    def __init__(self, directory: Path, url: str, *, closed: bool = False) -> None:
        self.directory, self.url, self.closed = directory, url, closed
        self._logs = count(1)

    def environment(self, **options: object) -> dict[str, str]:
        """The variables of a process of this service; ``options`` are keys of ``settings.NOTIFICATIONS``."""
        kind = "production" if self.closed else "development"
        module = f"tests.settings_of_{kind}" if options else f"notification_engine.settings.{kind}"
        return clean_environment(
            DJANGO_SETTINGS_MODULE=module,
            DATABASE_URL=self.url,
            NOTIFICATIONS_TOKEN_KEYS=f"test:{TOKEN_KEY}",
            TEST_OPTIONS=json.dumps(options),
            **(CLOSED if self.closed else {}),
        )

    @contextmanager
    def server(self, kind: str = "daphne", **options: object) -> Iterator[Server]:
        """A server of this service: ``daphne`` is ``manage.py runserver``, the last three are ``manage.py serve``."""
        port = free_port()
        commands = {
            "daphne": ["manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
            "uvicorn": ["-m", "uvicorn", "notification_engine.asgi:application", "--port", str(port)],
            "serve": ["manage.py", "serve", "--port", str(port)],
            "two-uvicorns": ["manage.py", "serve", "--port", str(port), "--workers", "2"],
            "two-daphnes": ["manage.py", "serve", "--port", str(port), "--workers", "2", "--server", "daphne"],
        }
        with running(
            [sys.executable, *commands[kind]],
            port=port,
            environment=self.environment(**options),
            directory=ROOT,
            log=self.directory / f"{kind}-{next(self._logs)}.log",
        ) as server:
            yield server

    @contextmanager
    def outsider(self, environment: Mapping[str, str] | None = None) -> Iterator[Outsider]:
        """Another process of this service, which serves nobody."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.outsider"],
            cwd=ROOT, env=environment or self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, bufsize=1,
        )  # fmt: skip
        try:
            yield Outsider(process)
        finally:
            process.kill()
            process.communicate()


class Outsider:
    """Evaluates Python in its own process, one line after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._lock = Lock()

    def now(self, code: str, **values: object) -> Any:
        """The value of an expression, or of ``result`` after statements; ``values`` are its variables."""
        assert self._process.stdin and self._process.stdout
        with self._lock:
            self._process.stdin.write(json.dumps({"code": code, "values": values}) + "\n")
            answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["value"]

    async def run(self, code: str, **values: object) -> Any:
        """``now``, while the event loop of the test goes on."""
        return await asyncio.to_thread(self.now, code, **values)
