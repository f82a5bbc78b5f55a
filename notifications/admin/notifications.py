"""Notifications: search, filters, actions that reach live sockets, and a form that sends one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.models import Inbox, Notification

from .filters import IdentifierFilter, StateFilter, UserFilter
from .paginator import BoundedPaginator

TEXT_SEARCHED = 100_000
"""A text is looked for in so many of the newest rows, unless the list is narrowed to a user or an identifier."""

SENT = ("user_id", "identifier", "title", "description", "priority", "action_url", "data", "expires_at", "dedupe_key")
FIXED = ("user_id", "identifier", "expires_at", "dedupe_key")
TIMES = ("seq", "created_at", "updated_at", "read_at", "seen_at", "archived_at")


class NotificationForm(forms.ModelForm):
    def clean_data(self) -> dict[str, Any]:
        data = self.cleaned_data.get("data")
        return {} if data is None else data


@admin.register(Notification)
class NotificationAdmin(admin.ModelAdmin):
    form = NotificationForm
    list_display = ["title", "identifier", "user", "state", "priority", "created_at", "read_at"]
    list_filter = [StateFilter, IdentifierFilter, UserFilter, "created_at"]
    search_fields = ["title"]
    search_help_text = _("A user_id, an identifier, or a part of the title or description.")
    ordering = ["-id"]
    list_per_page = 50
    list_max_show_all = 200
    paginator = BoundedPaginator
    show_full_result_count = False
    actions = ["mark_read", "mark_unread", "archive", "unarchive"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return Notification.objects.live()

    def get_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        return SENT if obj is None else (*SENT, *TIMES)

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> Any:
        """What was sent to whom stays; the text of it may be put right."""
        return () if obj is None else (*FIXED, *TIMES)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Notification], search_term: str
    ) -> tuple[QuerySet[Notification], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if Inbox.objects.filter(pk=term).exists():
            return queryset.filter(user_id=term), False
        if Notification.objects.filter(identifier=term).exists():
            return queryset.filter(identifier=term), False
        if not request.GET.get("user") and not request.GET.get("identifier"):
            newest = Notification.objects.aggregate(newest=Max("id"))["newest"] or 0
            queryset = queryset.filter(pk__gt=newest - TEXT_SEARCHED)
        return queryset.filter(Q(title__icontains=term) | Q(description__icontains=term)), False

    def save_model(self, request: HttpRequest, obj: Notification, form: Any, change: bool) -> None:
        # Only what the form changed: a read on the user's phone meanwhile is not undone.
        obj.save(**({"update_fields": form.changed_data} if change else {}))

    @admin.display(description=_("user"), ordering="user_id")
    def user(self, obj: Notification) -> str:
        url = reverse("admin:notifications_notification_changelist")
        return format_html('<a href="{}?user={}">{}</a>', url, obj.user_id, obj.user_id)

    @admin.display(description=_("state"))
    def state(self, obj: Notification) -> Any:
        if obj.archived_at:
            return _("archived")
        if obj.read_at:
            return _("read")
        return _("seen") if obj.seen_at else _("unread")

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

    def _apply(self, request: HttpRequest, queryset: Any, verb: str) -> None:
        changed = queryset.apply(verb)
        text = ngettext("%d notification changed.", "%d notifications changed.", changed) % changed
        self.message_user(request, text, messages.SUCCESS)
