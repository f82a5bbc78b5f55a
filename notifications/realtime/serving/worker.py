"""One server process: ``python -m notifications.realtime.serving.worker uvicorn FD PIPE module:application``."""

from __future__ import annotations

import os
import signal
import socket
import sys
from importlib import import_module
from threading import Thread


def main() -> None:
    server, descriptor, lifeline, application = sys.argv[1:]
    Thread(target=_end_with_parent, args=[int(lifeline)], daemon=True).start()
    listener = socket.socket(fileno=int(descriptor))
    import_module(f"notifications.realtime.serving.{server}_worker").run(application, listener)


def _end_with_parent(lifeline: int) -> None:
    """The parent holds the other end of this pipe: when it dies, however it dies, we drain and end."""
    os.read(lifeline, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
