"""Starting the server under test on a core of its own, and ending it by its pid."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.servers import Server
from tests.service import ROOT

from .machine import Cores, family, memory

START_SECONDS = 60
LOG_SHOWN = 3000


class Worker:
    """A running server: the process that was started, and those it started itself."""

    def __init__(self, server: Server) -> None:
        self.server, self.port = server, server.port

    @property
    def pid(self) -> int:
        return self.server.process.pid

    @property
    def memory(self) -> int:
        """Resident bytes of the process that serves: the largest of the family."""
        return memory(family(self.pid))

    @property
    def peak_memory(self) -> int:
        return memory(family(self.pid), "VmHWM")


@contextmanager
def serving(
    command: Sequence[str], *, cores: Cores, port: int, environment: Mapping[str, str], log: Path, ready: str
) -> Iterator[Worker]:
    """Run a server for the length of the block, which begins when it answers at the path ``ready``."""
    with log.open("w") as output:
        process = subprocess.Popen(
            [*cores.prefix, *command], cwd=ROOT, env=dict(environment), stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(process, port, log)
    try:
        _wait_for_answer(server, ready)
        yield Worker(server)
    finally:
        with suppress(AssertionError):  # it was killed then, which is all that is wanted here
            server.stop(seconds=30)


def _wait_for_answer(server: Server, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urlopen(f"http://{server.address}{path}", timeout=5):
                return
        except HTTPError as problem:
            if problem.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise SystemExit(f"The server did not start:\n{server.log[-LOG_SHOWN:]}")
