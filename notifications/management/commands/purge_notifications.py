"""``manage.py purge_notifications``: what is old is deleted, what was deleted long ago is removed."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications.actions import purge
from notifications.actions.idempotency import forget_old_keys, old_keys
from notifications.actions.retention import Rules
from notifications.conf import get_options, parse_days
from notifications.management.errors import INTERRUPTED, clear_errors
from notifications.management.pipes import quiet_without_a_reader
from notifications.management.progress import Progress
from notifications.models import Inbox


class Command(BaseCommand):
    help = (
        "Deletes notifications older than the setting RETENTION says, and devices hear of it; removes what is left of "
        "those deleted more than TOMBSTONE_DAYS ago; forgets old idempotency keys. May be stopped and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            metavar="90d",
            help="delete what RETENTION names no days for, too, when it is older; what RETENTION keeps (None) is kept",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count")
        parser.add_argument("--json", action="store_true", help="print nothing but one JSON object, at the end")

    @quiet_without_a_reader()
    def handle(self, *args: Any, **options: Any) -> None:
        with clear_errors():
            rules = dict(get_options().RETENTION)
            if options["older_than"] is not None:
                rules["*"] = parse_days(options["older_than"])
            try:
                done, keys = self._count(rules) if options["dry_run"] else self._purge(rules, quiet=options["json"])
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "dry_run": options["dry_run"],
                        "inboxes": done.inboxes,
                        "deleted": done.deleted,
                        "tombstones_removed": done.removed,
                        "idempotency_keys_forgotten": keys,
                        "inboxes_failed": done.failed,
                    }
                )
            )
        else:
            would = "To do in" if options["dry_run"] else "Done in"
            self.stdout.write(
                f"{would} {done.inboxes} inboxes: {done.deleted} notifications deleted, "
                f"{done.removed} tombstones removed, {keys} idempotency keys forgotten."
            )
        if done.failed:
            raise CommandError(
                f"{done.failed} inboxes could not be purged: their counters are wrong. "
                "`manage.py doctor --full --fix-counters` repairs them."
            )

    def _count(self, rules: Rules) -> tuple[purge.Purged, int]:
        return purge.count(rules), old_keys().count()

    def _purge(self, rules: Rules, *, quiet: bool) -> tuple[purge.Purged, int]:
        done = purge.Purged()
        inboxes = Inbox.objects.count()
        progress = Progress(self.stdout, -(-inboxes // purge.INBOXES))
        try:
            for portion in purge.purge(rules):
                done += portion
                if not quiet:
                    progress.step(
                        f"{done.inboxes} of {inboxes} inboxes: {done.deleted} deleted, {done.removed} removed"
                    )
        finally:
            progress.finish()
        return done, forget_old_keys()
