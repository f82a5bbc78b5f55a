"""``manage.py runserver``: Daphne's own, which says goodbye to its sockets before it stops."""

from __future__ import annotations

from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand

from notifications.realtime.serving.daphne_worker import DrainingServer


class Command(DaphneCommand):
    server_cls: Any = DrainingServer
