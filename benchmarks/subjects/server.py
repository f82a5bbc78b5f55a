"""The ASGI server by itself: no application can open sockets quicker than one that does nothing."""

from __future__ import annotations

from .baseline import Baseline


class Server(Baseline):
    """The baseline's server in front of ``idle_application``."""

    name = database = "server"
    application = "benchmarks.subjects.idle_application:application"
    ready = "/"

    def migrate(self) -> None:
        """It keeps nothing."""
