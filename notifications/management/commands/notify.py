"""``manage.py notify``: one notification from the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications import limits, notify
from notifications.management.errors import clear_errors
from notifications.wire.strict_json import MalformedJSON, loads


class Command(BaseCommand):
    help = "Fires one notification at a user and prints its id."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", help="whose inbox")
        parser.add_argument("title", help="one line, up to 200 characters")
        parser.add_argument("--description", default="", help="up to 4,000 characters")
        parser.add_argument("--identifier", default="MESSAGE", help="what kind of message it is (default: MESSAGE)")
        parser.add_argument("--data", metavar="JSON", help="an object for programs, for example '{\"order\": 7}'")
        parser.add_argument("--action-url", metavar="URL", help="where a click leads: https://… or /path")
        parser.add_argument("--priority", choices=limits.PRIORITIES, default="normal", help="(default: normal)")
        parser.add_argument("--dedupe-key", metavar="KEY", help="given twice for a user, the first notification stands")

    def handle(self, *args: Any, **options: Any) -> None:
        fields = {
            name: options[name]
            for name in ("title", "description", "identifier", "action_url", "priority", "dedupe_key")
        }
        with clear_errors():
            made = notify(options["user_id"], **fields, data=_data(options["data"]))
        self.stdout.write(str(made.pk))


def _data(text: str | None) -> Any:
    if text is None:
        return {}
    try:
        return loads(text)
    except MalformedJSON as problem:
        raise CommandError(f"data: {problem}") from None
