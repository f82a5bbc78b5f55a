"""``manage.py doctor``: is everything as it should be, and if not, what to do."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management import BaseCommand, CommandError

from notifications.management.errors import INTERRUPTED
from notifications.management.pipes import quiet_without_a_reader
from notifications.management.progress import Progress
from notifications.ops.doctor import Finding, Level, examine
from notifications.ops.doctor.inboxes import PORTION


class Command(BaseCommand):
    help = (
        "Looks over database, indexes, counters, clock, channel layer, cache, origins, proxies and keys, and says how "
        "to mend what is wrong. Ends with status 1 when there is a problem; warnings do not count."
    )
    requires_system_checks = []  # they are among what it tells

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="recount every inbox, not only a sample")
        parser.add_argument("--fix-counters", action="store_true", help="mend the counters found wrong; devices hear")
        parser.add_argument("--fix-guard", action="store_true", help="make the database's trigger anew")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    @quiet_without_a_reader()
    def handle(self, *args: Any, **options: Any) -> None:
        findings: list[Finding] = []
        chosen = {name: options[name] for name in ("full", "fix_counters", "fix_guard")}
        self._progress: Progress | None = None
        try:
            for finding in examine(**chosen, tell=self._tell if options["full"] and not options["json"] else _silent):
                findings.append(finding)
                if not options["json"]:
                    self._show(finding)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)
        counts = {level: sum(finding.level is level for finding in findings) for level in Level}
        worst = next((level for level in reversed(Level) if counts[level]), Level.OK)
        if options["json"]:
            self.stdout.write(json.dumps({"status": worst, "findings": [asdict(finding) for finding in findings]}))
        if counts[Level.PROBLEM]:
            raise CommandError(f"{counts[Level.PROBLEM]} problems, {counts[Level.WARNING]} warnings.")

    def _tell(self, done: int, total: int) -> None:
        if self._progress is None:
            self._progress = Progress(self.stdout, -(-total // PORTION))
        self._progress.step(f"{done} of {total} inboxes recounted")

    def _show(self, finding: Finding) -> None:
        if self._progress is not None:
            self._progress.finish()
            self._progress = None
        style = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.PROBLEM: self.style.ERROR}
        self.stdout.write(f"{style[finding.level](f'{finding.level:<8}')} {finding.check}: {finding.detail}")
        if finding.fix:
            self.stdout.write(f"         fix: {finding.fix}")
        self.stdout.flush()


def _silent(done: int, total: int) -> None:
    """Nobody watches."""
