"""Lists of large tables: the first thousand rows in their one order, found in one look that stops there."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property

SHOWN = 1000
"""Who looks for more narrows the list with a filter."""


class AtLeast(int):
    """A number that says it is only the beginning."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class BoundedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        found = super().count
        return found if found <= SHOWN else AtLeast(SHOWN)


class BoundedChangeList(ChangeList):
    """Reads the filtered table once, for the keys of what it may show; pages and their number are made of those.

    Where few rows match, a look is a walk over many: Django's own takes one to count and another for the page.
    """

    def get_results(self, request: HttpRequest) -> None:
        keys = list(self.queryset.values_list("pk", flat=True)[: SHOWN + 1])
        self.queryset = self.root_queryset.filter(pk__in=keys).order_by(*self.queryset.query.order_by)
        super().get_results(request)
        if not self.query:
            self.full_result_count = self.result_count  # else the page says "(Show all)" where nothing was searched

    def get_ordering_field(self, field_name: Any) -> None:
        """No column can be sorted by, whatever the address asks for."""


class BoundedAdmin(admin.ModelAdmin):
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = []
    list_per_page = 50

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedChangeList
