"""What PostgreSQL's planner is not to know."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField
from django.db.models.expressions import RawSQL


def hidden_from_planner(user_id: str) -> RawSQL:
    """To find an inbox's rows by the index that is for them, whoever it is.

    Of a user_id that it sees, PostgreSQL knows how many rows are theirs, and takes those for like all the others. Where
    it is a tenth of all, it reads the newest rows of everybody until it has found enough, which is all of the table if
    those of this one are old; and the whole inbox for the few that are unread in it. One it does not see is like any
    other, and is looked up.
    """
    return _Hidden("SELECT %s", (user_id,), CharField())


class _Hidden(RawSQL):
    def as_sqlite(self, *_: Any) -> tuple[str, Any]:
        """Which knows of nobody how much they have."""
        return "%s", self.params
