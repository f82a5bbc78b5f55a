"""``manage.py bench``: how fast this installation is on this machine."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import connections
from django.urls import NoReverseMatch, reverse

from notifications.actions.erasure import erase
from notifications.conf import get_options
from notifications.management.benching.load import Caller, Listeners, Refused
from notifications.management.benching.measures import Measured, measure
from notifications.management.benching.server import allowed_host, serving
from notifications.management.confirmation import confirm
from notifications.management.errors import INTERRUPTED, clear_errors
from notifications.models import APIKey, Notification
from notifications.realtime.serving.supervisor import SERVERS

USERS = 50
LIMIT_SECONDS = 180


class Command(BaseCommand):
    help = (
        "Measures this installation on this machine for about half a minute: a server of its own on the loopback, some "
        "thousand notifications to made-up users in the configured database, which are erased again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--server", choices=SERVERS, default="uvicorn", help="uvicorn (default) or daphne")
        parser.add_argument("--users", type=int, default=USERS, metavar="N", help=f"made-up users ({USERS})")
        parser.add_argument("--yes", action="store_true", help="do not ask, although this is not development")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, server: str, users: int, yes: bool, **options: Any) -> None:
        if not 2 <= users <= 1000:
            raise CommandError("--users lies between 2 and 1000.")
        with clear_errors():
            database = connections[Notification.objects.db].settings_dict["NAME"]
            question = f"Write some thousand notifications to the database {database}, and erase them again?"
            confirm(question, is_sure=yes or settings.DEBUG)
            try:
                found = self._measure(server, users, is_quiet=options["json"])
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
        if options["json"]:
            document = {figure.name: {"value": round(figure.value, 2), "unit": figure.unit} for figure in found}
            self.stdout.write(json.dumps({"server": server, "figures": document}))

    def _measure(self, server: str, users: int, *, is_quiet: bool) -> list[Measured]:
        try:
            path = reverse("notifications:list").rstrip("/") + "/"
        except NoReverseMatch:
            raise CommandError("The REST paths of notifications.urls are not mounted.") from None
        with throw_away(users) as (user_ids, key), serving(server) as port:
            return asyncio.run(self._run(port, key, user_ids, path, is_quiet=is_quiet))

    async def _run(self, port: int, key: str, user_ids: list[str], path: str, *, is_quiet: bool) -> list[Measured]:
        found = []
        host = allowed_host()
        many = get_options().MAX_SOCKETS_PER_USER
        try:
            async with (
                asyncio.timeout(LIMIT_SECONDS),
                Caller(port, host=host, key=key) as caller,
                Listeners(port, host=host, key=key) as listeners,
            ):
                async for figure in measure(caller, listeners, user_ids, path=path, sockets_per_user=many):
                    found.append(figure)
                    if not is_quiet:
                        self.stdout.write(f"{figure.name:<44}{figure.value:>10,.1f} {figure.unit}")
                        self.stdout.flush()
        except TimeoutError:
            raise CommandError(f"It was not done within {LIMIT_SECONDS} s.") from None
        except (Refused, OSError, asyncio.IncompleteReadError) as problem:
            raise CommandError(str(problem) or type(problem).__name__) from None
        return found


@contextmanager
def throw_away(users: int) -> Iterator[tuple[list[str], str]]:
    """User ids that nobody has and an API key, gone afterwards with all that was stored for them."""
    run = secrets.token_hex(4)
    user_ids = [f"bench-{run}-{number}" for number in range(users)]
    key, secret = APIKey.objects.issue(f"bench {run}", scopes=["create", "read"])
    try:
        yield user_ids, secret
    finally:
        key.delete()
        for user_id in user_ids:
            erase(user_id)
