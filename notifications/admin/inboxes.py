"""Inboxes, to look at: only the engine's verbs move them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from notifications.models import Inbox

from .paginator import BoundedPaginator


@admin.register(Inbox)
class InboxAdmin(admin.ModelAdmin):
    list_display = ["user_id", "unread", "unseen", "seq", "created_at"]
    ordering = ["user_id"]
    search_fields = ["=user_id"]
    search_help_text = _("A whole user_id.")
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Inbox], search_term: str
    ) -> tuple[QuerySet[Inbox], bool]:
        return (queryset.filter(pk=search_term.strip()) if search_term.strip() else queryset), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
