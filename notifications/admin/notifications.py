"""Notifications: search, filters, actions that reach live sockets, and a form that sends one."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.exceptions import TrackedColumnError
from notifications.models import Notification
from notifications.models.notification import Priority

from .bounded import BoundedAdmin
from .cells import cut, short_time, with_time
from .filters import CreatedFilter, IdentifierFilter, StateFilter, UserFilter
from .forms import NotificationForm
from .portions import apply_in_portions
from .search import found

SENT = ("user_id", "identifier", "title", "description", "priority", "action_url", "data", "expires_at", "dedupe_key")
FIXED = ("user_id", "identifier", "expires_at", "dedupe_key")
TIMES = ("seq", "created_at", "updated_at", "read_at", "seen_at", "archived_at")
DELETED_AT_ONCE = 500
"""The page that asks for confirmation names each of them in a form, and Django refuses forms of 1,000 fields."""
DELETED_SHOWN = 100


@admin.register(Notification)
class NotificationAdmin(BoundedAdmin):
    form = NotificationForm
    list_display = ["title", "kind", "user", "state", "created"]
    list_filter = [StateFilter, UserFilter, IdentifierFilter, CreatedFilter]
    search_fields = ["title"]
    search_help_text = _("A whole user_id, the beginning of an identifier, or words of recent titles and descriptions.")
    ordering = ["-id"]
    actions = ["mark_read", "mark_unread", "archive", "unarchive", "delete_selected"]

    # What is shown ----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        rows: QuerySet[Notification] = Notification.objects.live()
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        is_narrowed = {
            "of_one_user": bool(request.GET.get(UserFilter.parameter_name)),
            "of_one_identifier": bool(request.GET.get(IdentifierFilter.parameter_name)),
        }
        return found(queryset, text, **is_narrowed), False

    # Few and narrow columns: beside the filters a screen of 1280 pixels has 630 for all of them.

    @admin.display(description=_("identifier"))
    def kind(self, obj: Notification) -> str:
        shown = cut(obj.identifier)
        if obj.priority == Priority.NORMAL:
            return shown
        return format_html('{}<br><span class="small quiet">{}</span>', shown, obj.get_priority_display())

    @admin.display(description=_("user"))
    def user(self, obj: Notification) -> str:
        url = reverse(f"{self.admin_site.name}:notifications_notification_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"user": obj.user_id}), cut(obj.user_id))

    @admin.display(description=_("state"))
    def state(self, obj: Notification) -> str:
        """As the filter names it, and since when."""
        if obj.archived_at:
            return with_time(_("archived"), obj.archived_at)
        if obj.read_at:
            return with_time(_("read"), obj.read_at)
        return with_time(_("unread, seen"), obj.seen_at) if obj.seen_at else str(_("unread"))

    @admin.display(description=_("created"))
    def created(self, obj: Notification) -> str:
        return short_time(obj.created_at)

    # The form ---------------------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        return SENT if obj is None else (*SENT, *TIMES)

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        """What was sent to whom stays; the text of it may be put right."""
        return () if obj is None else (*FIXED, *TIMES)

    def save_model(self, request: HttpRequest, obj: Notification, form: Any, change: bool) -> None:
        # Only what the form changed: a reading on the user's phone meanwhile is not undone.
        obj.save(**({"update_fields": form.changed_data} if change else {}))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().change_view(request, object_id, *args, **kwargs)
        except TrackedColumnError as problem:  # deleted while the form was open
            self.message_user(request, str(problem), messages.ERROR)
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:notifications_notification_changelist"))

    # The actions ------------------------------------------------------------------------------------------------

    @admin.action(description=_("Mark read"), permissions=["change"])
    def mark_read(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        self._apply(request, queryset, "read")

    @admin.action(description=_("Mark unread"), permissions=["change"])
    def mark_unread(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        self._apply(request, queryset, "unread")

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        self._apply(request, queryset, "archive")

    @admin.action(description=_("Unarchive"), permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        self._apply(request, queryset, "unarchive")

    @admin.action(description=_("Delete"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Notification]) -> HttpResponse | None:
        """Django's own, which asks first, on the newest 500 of the chosen."""
        newest = list(queryset.order_by("-pk").values_list("pk", flat=True)[:DELETED_AT_ONCE])
        answer: HttpResponse | None = delete_selected(self, request, self.get_queryset(request).filter(pk__in=newest))
        return answer

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What the page that asks first shows. Nothing else refers to a notification, so nothing else is looked at."""
        rows = list(objs)
        shown = [str(row) for row in rows[:DELETED_SHOWN]]
        if len(rows) > len(shown):
            shown.append("…")
        lacking = set() if self.has_delete_permission(request) else {self.opts.verbose_name}
        return shown, {self.opts.verbose_name_plural: len(rows)}, lacking, []

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        apply_in_portions(queryset, "delete")

    def _apply(self, request: HttpRequest, queryset: QuerySet[Notification], verb: str) -> None:
        changed, has_more = apply_in_portions(queryset, verb)
        text = ngettext("%d notification changed.", "%d notifications changed.", changed) % changed
        self.message_user(request, text, messages.SUCCESS)
        if has_more:
            self.message_user(request, _("There are more: run the action again."), messages.WARNING)
