"""``manage.py export_user``: everything about one user, as JSON."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from notifications.actions.export import held
from notifications.limits import clean_user_id
from notifications.management.errors import INTERRUPTED, clear_errors
from notifications.management.pipes import quiet_without_a_reader
from notifications.management.whole_file import write_whole
from notifications.wire.export import document


class Command(BaseCommand):
    help = (
        "Writes everything held about one user as one JSON document: inbox, counts, notifications, subscriptions, "
        "stored answers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user_id", help="who")
        parser.add_argument("--output", metavar="FILE", type=Path, help="where to (default: standard output)")

    def handle(self, *args: Any, **options: Any) -> None:
        with clear_errors():
            user_id = clean_user_id(options["user_id"])
            found = held(user_id)
            pieces = document(
                user_id,
                now=timezone.now(),
                inbox=found.inbox,
                unread_by_identifier=found.unread_by_identifier,
                notifications=found.notifications,
                subscriptions=found.subscriptions,
                answers=found.answers,
            )
            try:
                if options["output"] is not None:
                    write_whole(options["output"], pieces)
                else:
                    with quiet_without_a_reader():
                        for piece in pieces:
                            self.stdout.write(piece, ending="")
            except KeyboardInterrupt:
                sys.exit(INTERRUPTED)
