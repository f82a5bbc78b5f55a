"""``manage.py runserver``: Daphne's own, which says goodbye to its sockets before it stops."""

from __future__ import annotations

import os
from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand
from django.core.management.base import CommandError
from django.utils.autoreload import DJANGO_AUTORELOAD_ENV

from notifications.realtime.serving.daphne_worker import DrainingServer
from notifications.realtime.serving.supervisor import listen


class Command(DaphneCommand):
    server_cls: Any = DrainingServer
    addr: str
    port: str

    def run(self, **options: Any) -> None:
        if os.environ.get(DJANGO_AUTORELOAD_ENV) != "true":
            self._refuse_a_taken_address()
        super().run(**options)

    def _refuse_a_taken_address(self) -> None:
        """Daphne would log that it cannot listen and end with status 0, or wait in the reloader for ever."""
        port = int(self.port)
        try:
            listen(self.addr, port).close()
        except (OSError, OverflowError) as problem:
            another = port + 1 if port < 65535 else 8000
            raise CommandError(
                f"Cannot listen on {self.addr}:{port}: {getattr(problem, 'strerror', problem)}. "
                f"Another port: `make run PORT={another}`, or `manage.py runserver {another}`."
            ) from None
