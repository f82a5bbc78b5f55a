"""``manage.py listen``: an inbox in the terminal."""

from __future__ import annotations

import asyncio
import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications.client import ConnectionRefused, InboxClient, Item
from notifications.management.errors import INTERRUPTED
from notifications.management.pipes import quiet_without_a_reader


class Command(BaseCommand):
    help = (
        "Connects to a server and prints the unread notifications of a user and then each new one, until Ctrl-C. "
        "Reconnects without loss. Needs no database; says on standard error how the connection fares."
    )
    requires_system_checks = []  # it may run far from the server, with nothing but its address

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", help="whose inbox")
        parser.add_argument(
            "--url", default="ws://localhost:8000", help="address of the server (default: ws://localhost:8000)"
        )
        parser.add_argument("--token", help="a user token or an API key with the scope read")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *args: Any, **options: Any) -> None:
        show = _as_json if options["json"] else _as_line
        try:
            client = InboxClient(
                options["url"], options["user_id"], options["token"], history=True, on_state=self._tell_state
            )
            with quiet_without_a_reader():
                asyncio.run(self._listen(client, show))
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        except (ConnectionRefused, ValueError) as problem:
            raise CommandError(str(problem)) from None

    async def _listen(self, client: InboxClient, show: Any) -> None:
        async with client:
            async for notification in client:
                self.stdout.write(show(notification))
                self.stdout.flush()

    def _tell_state(self, state: str) -> None:
        self.stderr.write(state, lambda text: text)


def _as_json(notification: Item) -> str:
    return json.dumps(notification, ensure_ascii=False)


def _as_line(notification: Item) -> str:
    description = " ".join(notification["description"].split())
    priority = "" if notification["priority"] in ("low", "normal") else f" ({notification['priority']})"
    line = f"#{notification['id']} {notification['identifier']}{priority}: {notification['title']}"
    return f"{line} - {description}" if description else line
