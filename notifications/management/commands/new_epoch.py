"""``manage.py new_epoch``: after a restore, every device starts from a snapshot."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications.actions import epochs
from notifications.limits import clean_user_id
from notifications.management.confirmation import confirm
from notifications.management.errors import INTERRUPTED, clear_errors
from notifications.management.pipes import quiet_without_a_reader
from notifications.management.progress import Progress
from notifications.models import Inbox


class Command(BaseCommand):
    help = (
        "Gives one inbox or all a new epoch, so that what devices hold is replaced by a snapshot: "
        "run it with --all after restoring a backup. Servers may be running or not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", nargs="?", help="whose inbox")
        parser.add_argument("--all", action="store_true", help="every inbox")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @quiet_without_a_reader()
    def handle(self, *args: Any, **options: Any) -> None:
        if (options["user_id"] is None) != options["all"]:
            raise CommandError("Name one user or give --all.")
        with clear_errors():
            try:
                if options["all"]:
                    self._renew_all(is_sure=options["yes"])
                else:
                    self._renew_one(clean_user_id(options["user_id"]), is_sure=options["yes"])
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)

    def _renew_one(self, user_id: str, *, is_sure: bool) -> None:
        confirm(f"Have every device of user {user_id} start again?", is_sure=is_sure)
        if not epochs.renew_one(user_id):
            raise CommandError(f"User {user_id} has no inbox.")
        self.stdout.write(f"The inbox of user {user_id} has a new epoch.")

    def _renew_all(self, *, is_sure: bool) -> None:
        total, done = Inbox.objects.count(), 0
        confirm(f"Have every device of {total} inboxes start again?", is_sure=is_sure)
        progress = Progress(self.stdout, -(-total // epochs.INBOXES))
        try:
            for renewed in epochs.renew_all():
                done += renewed
                progress.step(f"{done} of {total} inboxes")
        finally:
            progress.finish()
        self.stdout.write(f"{done} inboxes have a new epoch.")
