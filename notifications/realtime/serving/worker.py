"""One server process: ``python -m notifications.realtime.serving.worker uvicorn FD module:application``."""

from __future__ import annotations

import socket
import sys
from importlib import import_module


def main() -> None:
    server, descriptor, application = sys.argv[1:]
    listener = socket.socket(fileno=int(descriptor))
    import_module(f"notifications.realtime.serving.{server}_worker").run(application, listener)


if __name__ == "__main__":
    main()
