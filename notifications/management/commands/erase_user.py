"""``manage.py erase_user``: nothing about one user is left."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand

from notifications.actions.erasure import erase
from notifications.limits import clean_user_id
from notifications.management.confirmation import confirm
from notifications.management.errors import INTERRUPTED, clear_errors


class Command(BaseCommand):
    help = (
        "Erases everything held about one user: notifications, their traces, counts, subscriptions, the inbox, "
        "stored answers. "
        "It cannot be undone. Open devices of the user end up with an empty inbox."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", help="who")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with clear_errors():
            user_id = clean_user_id(options["user_id"])
            try:
                confirm(f"Erase everything held about user {user_id}?", is_sure=options["yes"])
                erased = erase(user_id)
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
        if options["json"]:
            self.stdout.write(json.dumps({"user_id": user_id, **asdict(erased)}))
        elif not any(asdict(erased).values()):
            self.stdout.write(f"Nothing was held about user {user_id}.")
        else:
            self.stdout.write(
                f"Erased of user {user_id}: {erased.notifications} notifications, {erased.unread_counts} counts, "
                f"{erased.subscriptions} subscriptions, {erased.idempotency_answers} stored answers, "
                f"{erased.inboxes} inbox."
            )
