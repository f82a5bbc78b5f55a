"""Inboxes, to look at: only the engine's verbs move them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from notifications.models import Inbox

from .bounded import BoundedAdmin


@admin.register(Inbox)
class InboxAdmin(BoundedAdmin):
    list_display = ["user_id", "unread", "unseen", "seq", "created", "contents"]
    fields = ["user_id", "unread", "unseen", "seq", "epoch", "horizon", "created", "contents"]
    ordering = ["user_id"]
    search_fields = ["user_id"]
    search_help_text = _("A whole user_id.")
    actions = None

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Inbox], search_term: str
    ) -> tuple[QuerySet[Inbox], bool]:
        user_id = search_term.strip()
        return (queryset.filter(pk=user_id) if user_id else queryset), False

    @admin.display(description=_("created"))
    def created(self, obj: Inbox) -> datetime:
        return obj.created_at

    @admin.display(description=_("notifications"))
    def contents(self, obj: Inbox) -> str:
        url = reverse(f"{self.admin_site.name}:notifications_notification_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"user": obj.user_id}), _("show"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
