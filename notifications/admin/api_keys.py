"""API keys: handing one out, its secret being shown once, and revoking it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.models import APIKey
from notifications.models.api_key import Scope


class APIKeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(label=_("Scopes"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple)

    def clean_expires_at(self) -> datetime | None:
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at is not None and expires_at <= timezone.now():
            raise ValidationError(_("Must be in the future."), code="invalid")
        return expires_at


@admin.register(APIKey)
class APIKeyAdmin(admin.ModelAdmin):
    """A key stays what it was made: to change what it may do, make another and revoke it."""

    form = APIKeyForm
    list_display = ["name", "prefix", "scope_list", "state", "created_at", "expires_at", "revoked_at"]
    ordering = ["-id"]
    search_fields = ["name", "prefix"]
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        if obj is None:
            return ("name", "scopes", "expires_at")
        return ("name", "prefix", "scope_list", "state", "created_at", "expires_at", "revoked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)[1:]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=form.changed_data)
            return
        request.issued_secret = obj.renew_secret()  # type: ignore[attr-defined]
        obj.save()

    def response_add(self, request: HttpRequest, obj: APIKey, post_url_continue: str | None = None) -> HttpResponse:
        """Shows the secret in the answer itself: a message would be kept in a cookie or in the session's table."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("API key made"),
            "opts": self.opts,
            "key": obj,
            "secret": request.issued_secret,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/notifications/apikey/made.html", context)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # revoked keys stay, to tell what they were

    @admin.display(description=_("scopes"))
    def scope_list(self, obj: APIKey) -> str:
        return ", ".join(obj.scopes)

    @admin.display(description=_("state"))
    def state(self, obj: APIKey) -> Any:
        if obj.revoked_at is not None:
            return _("revoked")
        return _("usable") if obj.is_usable else _("expired")

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        keys = list(queryset.filter(revoked_at=None))
        for key in keys:
            key.revoke()
        text = ngettext("%d key revoked.", "%d keys revoked.", len(keys)) % len(keys)
        self.message_user(request, text, messages.SUCCESS)
