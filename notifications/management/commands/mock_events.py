"""``manage.py mock_events``: demo notifications, so that there is something to see."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from itertools import islice
from random import Random
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications import notify
from notifications.management.errors import INTERRUPTED, clear_errors
from notifications.management.pipes import quiet_without_a_reader
from notifications.management.progress import Progress
from notifications.management.scenarios import SCENARIOS


class Command(BaseCommand):
    help = "Fires demo notifications at a user, until Ctrl-C or --count. A server in another process hears of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = "scenarios:\n" + "\n".join(f"  {name:<9}{one.summary}" for name, one in SCENARIOS.items())
        parser.add_argument("--user-id", default="123", metavar="ID", help="whose inbox (default: 123)")
        parser.add_argument(
            "--interval", type=float, metavar="SECONDS", help="pause in between (default: 5; storm: 0.01)"
        )
        parser.add_argument("--count", type=int, metavar="N", help="stop after so many (default: never; storm: 500)")
        parser.add_argument("--scenario", choices=SCENARIOS, default="classic", help="what happens (default: classic)")
        parser.add_argument("--seed", type=int, metavar="N", help="the same number tells the same story")

    def handle(self, *args: Any, **options: Any) -> None:
        scenario = SCENARIOS[options["scenario"]]
        interval = scenario.interval_seconds if options["interval"] is None else options["interval"]
        count = scenario.count if options["count"] is None else options["count"]
        if not 0 <= interval < float("inf"):
            raise CommandError("--interval is a number of seconds, 0 or more.")
        if count is not None and count < 1:
            raise CommandError("--count is 1 or more.")
        story = islice(scenario.tell(Random(options["seed"])), count)
        progress = Progress(self.stdout, count)
        try:
            with clear_errors(), quiet_without_a_reader():
                for number, fields in enumerate(story):
                    if number:
                        time.sleep(interval)
                    made = notify(options["user_id"], **fields)
                    progress.step(f"#{made.pk} for {made.user_id}: {made.identifier}, {made.title}")
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        finally:
            progress.finish()
