"""The parent of the server processes: starts them on one socket, restarts a dead one, and ends them together."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import FrameType

from prometheus_client import multiprocess

logger = logging.getLogger("notifications.realtime")

SERVERS = ("uvicorn", "daphne")
BACKLOG = 4096
"""Handshakes that may wait: Daphne's own 50 stalls a returning crowd for a second."""
STOP_SECONDS = 18
CRASH_SECONDS = 5
"""A worker that lived shorter than this did not start."""
CRASHES_MAX = 5


def listen(host: str, port: int) -> socket.socket:
    """The listening socket that all workers share; raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


class Supervisor:
    """Runs ``workers`` processes until it is told to stop; returns 0 when all of them ended well."""

    def __init__(self, application: str, listener: socket.socket, *, server: str, workers: int) -> None:
        self._listener = listener
        # Workers inherit the end to read: it ends when this process does, even by SIGKILL.
        self._lifeline, self._held = os.pipe()
        inherited = [str(listener.fileno()), str(self._lifeline)]
        self._command = [
            sys.executable, "-m", "notifications.realtime.serving.worker", server, *inherited, application
        ]  # fmt: skip
        # Workers find the project wherever this was started from.
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        for name in ("PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir"):
            self._environment.pop(name, None)  # with what an earlier run left there
        self._numbers = tempfile.mkdtemp(prefix="notifications-metrics-") if workers > 1 else None
        if self._numbers:
            # A scrape reaches one worker, which answers for all from the files they keep here.
            self._environment["PROMETHEUS_MULTIPROC_DIR"] = self._numbers
        self._count = workers
        self._crashes = 0
        self._workers: dict[subprocess.Popen[bytes], float] = {}
        self._is_ending = self._has_failed = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            for _ in range(self._count):
                self._start()
            while not self._is_ending:
                time.sleep(0.2)
                for worker in [worker for worker in self._workers if worker.poll() is not None]:
                    self._replace(worker)
            return self._stop()
        finally:
            if self._numbers:
                shutil.rmtree(self._numbers, ignore_errors=True)

    def _start(self) -> None:
        # In its own process group: Ctrl-C reaches the parent alone, which ends the workers in good order.
        worker = subprocess.Popen(  # noqa: S603  (our own module)
            self._command, pass_fds=[self._listener.fileno(), self._lifeline], process_group=0, env=self._environment
        )
        self._workers[worker] = time.monotonic()

    def _replace(self, worker: subprocess.Popen[bytes]) -> None:
        if self._is_ending:
            return
        if self._numbers:
            # What it counted stays counted; what it held open is gone.
            multiprocess.mark_process_dead(worker.pid, self._numbers)  # type: ignore[no-untyped-call]
        lived = time.monotonic() - self._workers.pop(worker)
        logger.error("Worker %s ended with %s and is started again.", worker.pid, worker.returncode)
        self._crashes = self._crashes + 1 if lived < CRASH_SECONDS else 0
        if self._crashes >= CRASHES_MAX:
            logger.critical("Workers do not start; giving up.")
            self._is_ending = self._has_failed = True
            return
        self._start()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._is_ending = True

    def _stop(self) -> int:
        self._listener.close()
        for worker in self._workers:
            if worker.poll() is None:
                worker.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self._workers:
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
        # Uvicorn raises its SIGTERM again when it is done: that is a good end, too.
        return (
            0
            if not self._has_failed and all(worker.returncode in (0, -signal.SIGTERM) for worker in self._workers)
            else 1
        )
