"""What a background loop says of its database: one line when it goes away, and one when it is back."""

from __future__ import annotations

import logging

from django.db import Error as DatabaseError

UNDEFINED = ("42P01", "42703")  # PostgreSQL: a table, a column


class Outage:
    """``who`` begins the lines: "The clock"."""

    def __init__(self, logger: logging.Logger, who: str) -> None:
        self._logger, self._who = logger, who
        self._told: str | None = None

    def began(self, problem: DatabaseError) -> None:
        """It failed, perhaps once more."""
        kind = "unmigrated" if is_unmigrated(problem) else "away"
        if kind == self._told:
            return
        self._told = kind
        reason = " ".join(str(problem).split())
        if kind == "unmigrated":
            self._logger.warning("%s waits: run `manage.py migrate` (%s).", self._who, reason)
        else:
            self._logger.warning("%s waits for the database: %s", self._who, reason)

    def ended(self) -> None:
        """It answers."""
        if self._told is not None:
            self._told = None
            self._logger.warning("%s goes on: the database answers.", self._who)


def is_unmigrated(problem: DatabaseError) -> bool:
    """A table or a column is missing: `migrate` was forgotten."""
    return getattr(problem.__cause__, "sqlstate", None) in UNDEFINED or str(problem).startswith("no such ")
