"""A server of this installation on a free port of the loopback, for as long as it is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management import CommandError

START_SECONDS = 60
STOP_SECONDS = 25
LOG_SHOWN = 1000


def allowed_host() -> str:
    """A name that the service answers to."""
    names = [name for name in settings.ALLOWED_HOSTS if name != "*"]
    return names[0].removeprefix(".") if names else "localhost"


@contextmanager
def serving(kind: str) -> Iterator[int]:
    """``manage.py serve`` in a process of its own; yields its port when it is ready."""
    port = _free_port()
    command = [sys.executable, "-m", "django", "serve", "--port", str(port), "--server", kind]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            if not _is_ready(process, port):
                log.seek(0)
                said = log.read().decode(errors="replace")[-LOG_SHOWN:]
                raise CommandError(f"The server did not become ready:\n{said}")
            yield port
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + START_SECONDS
    request = Request(f"http://127.0.0.1:{port}/readyz", headers={"Host": allowed_host()})
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(request, timeout=5):  # noqa: S310
                return True
        except HTTPError as problem:
            if problem.code < 500:
                return True  # it answers, though this path is not mounted
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
