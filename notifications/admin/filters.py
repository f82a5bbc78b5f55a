"""The filters of the list of notifications; none of them reads the table to offer its choices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.limits import clean_user_id
from notifications.models import Notification
from notifications.models.states import ARCHIVED, READ, UNREAD

from .identifiers import first_identifiers

STATES = {"unread": (_("Unread"), UNREAD), "read": (_("Read"), READ), "archived": (_("Archived"), ARCHIVED)}
PERIODS = {
    "today": (_("Today"), 0),
    "week": (_("Past 7 days"), 7),
    "month": (_("Past 30 days"), 30),
    "year": (_("Past 365 days"), 365),
}
OUT_OF_ORDER = 1000
"""So many ids may be taken between the moment a notification is stamped with and the taking of its own."""


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _condition) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        state = STATES.get(self.value() or "")
        return queryset.filter(state[1]) if state else queryset


class IdentifierFilter(admin.SimpleListFilter):
    """The first 30; others are found by typing their beginning into the search box."""

    title = _("identifier")
    parameter_name = "identifier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(identifier, identifier) for identifier in first_identifiers()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        return queryset.none() if "\0" in wanted else queryset.filter(identifier=wanted)


class UserFilter(admin.SimpleListFilter):
    """A box to type a user_id into."""

    title = _("user")
    parameter_name = "user"
    template = "admin/notifications/box_filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = (self.value() or "").strip()
        if not wanted:
            return queryset
        try:
            return queryset.filter(user_id=clean_user_id(wanted))
        except ValidationError:
            return queryset.none()

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        others = [(key, value) for key, value in changelist.filter_params.items() if key != self.parameter_name]
        yield {"parameter": self.parameter_name, "value": self.value() or "", "others": others, "title": self.title}


class CreatedFilter(admin.SimpleListFilter):
    title = _("created")
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _days) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        period = PERIODS.get(self.value() or "")
        return _created_since(queryset, days=period[1]) if period else queryset


def _created_since(queryset: QuerySet[Any], *, days: int) -> QuerySet[Any]:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    start: datetime = midnight - timedelta(days=days)
    first = (
        Notification.objects.filter(created_at__gte=start).order_by("created_at").values_list("pk", flat=True).first()
    )
    if first is None:
        return queryset.none()
    # The newest ids are the latest made, so the list is read in its order and stops here. Asked by created_at itself,
    # a database may choose that index, and sort every row of the period to show the first fifty.
    since = queryset.filter(pk__gt=first - OUT_OF_ORDER)
    made: QuerySet[Any] = since.alias(made=Coalesce("created_at", "created_at")).filter(made__gte=start)
    return made
