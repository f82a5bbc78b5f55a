"""One server process: ``python -m notifications.realtime.serving.worker uvicorn FD PIPE module:application``."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from importlib import import_module
from threading import Thread
from typing import Any

GARBAGE = 10_000, 20, 20
"""New objects before the collector looks, where Python's 700 come with a few requests."""
SWITCH_SECONDS = 0.001
"""How long a thread that is back from the database waits for the one that runs. With Python's 5 ms, at each of the four
trips of a transaction, the core is often idle afterwards; with less the threads of many requests cut each other short.
"""


def main() -> None:
    server, descriptor, lifeline, application = sys.argv[1:]
    Thread(target=_end_with_parent, args=[int(lifeline)], daemon=True).start()
    listener = socket.socket(fileno=int(descriptor))
    serving: Any = import_module(f"notifications.realtime.serving.{server}_worker")
    loaded = _load(application)
    sys.setswitchinterval(SWITCH_SECONDS)
    _settle()
    serving.run(loaded, listener)


def _load(application: str) -> Any:
    """The application with all of its routes, so that nobody's first request waits for imports."""
    from django.urls import get_resolver

    module, _, attribute = application.partition(":")
    loaded = getattr(import_module(module), attribute)
    get_resolver().url_patterns  # noqa: B018 - made when it is first asked for
    return loaded


def _settle() -> None:
    """What was loaded is kept for good: the collector, which stops everybody, need not go through it again and again
    (a tenth of a second each time, and a tenth of all time while many sockets open).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


def _end_with_parent(lifeline: int) -> None:
    """The parent holds the other end of this pipe: when it dies, however it dies, we drain and end."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
