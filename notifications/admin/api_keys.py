"""API keys: handing one out, its secret being shown once, and revoking it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.models import APIKey
from notifications.models.api_key import Scope


class APIKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(label=_("scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple)


@admin.register(APIKey)
class APIKeyAdmin(admin.ModelAdmin):
    form = APIKeyForm
    list_display = ["name", "prefix", "scope_list", "is_usable", "created_at", "expires_at", "revoked_at"]
    ordering = ["-id"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        asked = ("name", "scopes", "expires_at")
        return asked if obj is None else (*asked, "prefix", "created_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        return () if obj is None else ("prefix", "created_at", "revoked_at")

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            obj.save()
            return
        secret = obj.renew_secret()
        obj.save()
        shown = format_html(str(_("The key, shown this once: {}")), format_html("<code>{}</code>", secret))
        self.message_user(request, shown, messages.WARNING)

    @admin.display(description=_("scopes"))
    def scope_list(self, obj: APIKey) -> str:
        return ", ".join(obj.scopes)

    @admin.display(description=_("usable"), boolean=True)
    def is_usable(self, obj: APIKey) -> bool:
        return obj.is_usable

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        keys = list(queryset)
        for key in keys:
            key.revoke()
        text = ngettext("%d key revoked.", "%d keys revoked.", len(keys)) % len(keys)
        self.message_user(request, text, messages.SUCCESS)
