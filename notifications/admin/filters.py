"""The filters of the notification list; none of them reads the whole table to offer its choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications.models import Notification
from notifications.models.states import ARCHIVED, READ, UNREAD, UNSEEN

IDENTIFIERS_OFFERED = 30
STATES = {
    "unread": (_("Unread"), UNREAD),
    "read": (_("Read"), READ),
    "unseen": (_("Unseen"), UNSEEN),
    "archived": (_("Archived"), ARCHIVED),
}


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _condition) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = STATES.get(self.value() or "")
        return queryset.filter(state[1]) if state else queryset


class IdentifierFilter(admin.SimpleListFilter):
    title = _("identifier")
    parameter_name = "identifier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(identifier, identifier) for identifier in _first_identifiers()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(identifier=self.value()) if self.value() else queryset


class UserFilter(admin.SimpleListFilter):
    """A box to type a user_id into."""

    title = _("user")
    parameter_name = "user"
    template = "admin/notifications/box_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(user_id=self.value()) if self.value() else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = [(key, value) for key, value in changelist.get_filters_params().items() if key != self.parameter_name]
        yield {"parameter": self.parameter_name, "value": self.value() or "", "others": others, "title": self.title}


def _first_identifiers() -> Iterator[str]:
    """Each look jumps over the index to the next identifier, so a million rows of one cost one look."""
    last = ""
    for _number in range(IDENTIFIERS_OFFERED):
        rows = Notification.objects.order_by("identifier").filter(identifier__gt=last)
        found = rows.values_list("identifier", flat=True).first()
        if found is None:
            return
        yield (last := found)
