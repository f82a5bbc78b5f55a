"""A real server in a process of its own, for tests that speak to it from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path


def clean_environment(**variables: str) -> dict[str, str]:
    """The given variables and nothing of this machine's but PATH and HOME."""
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | variables


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@dataclass(frozen=True)
class Server:
    """A running server on 127.0.0.1."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """All it has written so far."""
        return self.log_file.read_text(errors="replace")

    @property
    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))

    def terminate(self) -> None:
        """Ask it to stop (SIGTERM); it is not waited for."""
        self.process.terminate()

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self.process.kill()
        self.process.wait(timeout=10)

    def stop(self, *, seconds: float = 20) -> None:
        """SIGTERM, and SIGKILL when that is not heard; that is a failure of its own."""
        self.process.terminate()
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop within {seconds} s of SIGTERM:\n{self.log}") from None


@contextmanager
def running(
    command: Sequence[str], *, port: int, environment: Mapping[str, str], directory: Path, log: Path
) -> Iterator[Server]:
    """Run a server for the length of the block, which begins when it answers; a traceback in its log is a failure."""
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT)
    server = Server(process, port, log)
    try:
        _wait_until_it_answers(server)
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log, server.log


def _wait_until_it_answers(server: Server, *, seconds: float = 60) -> None:
    """Whatever it answers: under load the socket of ``serve`` listens long before its workers are there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.process.poll() is None, server.log
        connection = HTTPConnection("127.0.0.1", server.port, timeout=max(deadline - time.monotonic(), 0.1))
        with suppress(OSError, HTTPException), closing(connection):
            connection.request("GET", "/healthz")
            connection.getresponse()
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not answer within {seconds} s:\n{server.log}")
