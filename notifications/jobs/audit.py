"""The audit of the counters: some inboxes every few seconds, round and round, at a bounded cost."""

from __future__ import annotations

import logging
import random
import string

from notifications import metrics
from notifications.actions.audit import recount

logger = logging.getLogger("notifications.jobs")

SAMPLE = 20
KEPT_MAX = 1000


class Audit:
    """Goes through all inboxes by user_id; what it found holds until the next time round."""

    def __init__(self) -> None:
        # Each process begins somewhere else, so that together they are through sooner.
        self._after = random.choice(string.digits + string.ascii_letters)
        self._standing: set[str] = set()
        self._found: set[str] = set()

    def look(self) -> None:
        """Recount the next inboxes. A drift is a defect of the engine, or somebody wrote to its tables by hand."""
        recounts = recount(after=self._after, limit=SAMPLE)
        metrics.inboxes_audited.inc(len(recounts))
        for drift in (each for each in recounts if each.is_drifting):
            if drift.user_id not in self._standing | self._found:
                logger.error("The counters of an inbox differ from its rows: %s", drift)
            if len(self._found) < KEPT_MAX:
                self._found.add(drift.user_id)
        self._after = recounts[-1].user_id if len(recounts) == SAMPLE else ""
        if not self._after:
            self._standing, self._found = self._found, set()
        metrics.counter_drift.set(len(self._standing | self._found))
