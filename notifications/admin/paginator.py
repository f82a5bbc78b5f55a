"""Pages of a large table: nothing is counted to its end."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

COUNTED = 1000


class AtLeast(int):
    """A number that says it is only the beginning."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class BoundedPaginator(Paginator):
    """Counts up to 1,000 rows; who looks for more narrows the list with a filter."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        # In the order of the page: another one may take an index that serves the filter, but visits every row of it.
        found = rows[: COUNTED + 1].count()
        return found if found <= COUNTED else AtLeast(COUNTED)
