"""Lists of large tables: nothing is counted to its end, and only indexes sort."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
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


class UnsortedChangeList(ChangeList):
    """In its one order, whatever the address asks for."""

    def get_ordering_field(self, field_name: Any) -> None:
        return None


class BoundedAdmin(admin.ModelAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = []
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UnsortedChangeList
