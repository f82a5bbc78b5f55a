"""Runs the shop: its commands, its server on a free port, and browsers that visit it."""

import os
import subprocess
import sys
from contextlib import contextmanager
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from websockets.sync.client import connect

from tests.servers import clean_environment, free_port, running

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class ForeignProject:
    """The shop in processes of its own, on a database of its own in ``directory``."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.environment = clean_environment(
            DJANGO_SETTINGS_MODULE="shop.settings",
            PYTHONPATH=f"{ROOT}{os.pathsep}{HERE}",
            SHOP_DATABASE=str(directory / "shop.sqlite3"),
        )

    def command(self, *arguments: str) -> str:
        """Run ``python -m django …``; what it printed."""
        return self._run("-m", "django", *arguments)

    def python(self, code: str) -> str:
        """Run code in a new process that has set Django up; what it printed."""
        return self._run("-c", f"import django; django.setup()\n{code}")

    @contextmanager
    def server(self):
        """Run the shop under Daphne; yields ``host:port`` once it answers."""
        port = free_port()
        daphne = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "shop.asgi:application"]
        log = self.directory / "server.log"
        with running(daphne, port=port, environment=self.environment, directory=self.directory, log=log):
            yield f"127.0.0.1:{port}"

    def _run(self, *arguments: str) -> str:
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout.strip()


class Browser:
    """One visitor with a cookie jar."""

    def __init__(self, address: str):
        self.address = address
        self.cookies = CookieJar()
        self.csrf_token = ""
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))

    def log_in(self, username: str) -> None:
        status, body = self.request("POST", "/login", data=urlencode({"username": username, "password": "pw"}).encode())
        assert status == 200, body
        self.csrf_token = body

    def request(self, method: str, path: str, *, data: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and body, whatever the status."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"http://{self.address}{path}", data=data, method=method, headers=names)
        try:
            answer: HTTPResponse | HTTPError = self._opener.open(request, timeout=10)
        except HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode()

    def socket(self, path: str):
        """A WebSocket as this browser would open it from a page of the shop."""
        cookie = "; ".join(f"{item.name}={item.value}" for item in self.cookies)
        headers = {"Cookie": cookie} if cookie else {}
        return connect(f"ws://{self.address}{path}", origin=f"http://{self.address}", additional_headers=headers)
