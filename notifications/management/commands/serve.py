"""``manage.py serve``: the production server."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.realtime.serving.supervisor import SERVERS, Supervisor, listen


class Command(BaseCommand):
    help = "Serves HTTP and sockets with N processes on one port; SIGTERM tells every socket to come back (4012)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
        parser.add_argument("--workers", type=int, default=1, help="server processes (1)")
        parser.add_argument("--server", choices=SERVERS, default="uvicorn", help="uvicorn (default) or daphne")

    def handle(self, *args: Any, bind: str, port: int, workers: int, server: str, **options: Any) -> None:
        module, _, attribute = str(settings.ASGI_APPLICATION).rpartition(".")
        if workers < 1:
            raise CommandError("--workers is at least 1.")
        if not 0 < port < 65536:
            raise CommandError("--port lies between 1 and 65535.")
        try:
            listener = listen(bind, port)
        except OSError as problem:
            raise CommandError(f"Cannot listen on {bind}:{port}: {problem.strerror}.") from None
        self.stdout.write(
            f"Serving {module} on http://{bind}:{port}/ with {workers} {server} process(es). Stop with Ctrl-C."
        )
        self.stdout.flush()
        sys.exit(Supervisor(f"{module}:{attribute}", listener, server=server, workers=workers).run())
