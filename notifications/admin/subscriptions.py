"""Subscriptions: who gets what is announced to a topic; made and ended here, never changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.actions.topics import subscribe
from notifications.limits import clean_topic, clean_user_id
from notifications.models import Subscription

from .bounded import SHOWN, BoundedAdmin
from .cells import cut
from .forms import HELP


class SubscriptionForm(forms.ModelForm):
    class Meta:
        model = Subscription
        fields = ["topic", "user_id"]
        help_texts = {"topic": _("A name such as news; nobody need make it before."), "user_id": HELP["user_id"]}

    def clean_topic(self) -> str:
        return clean_topic(self.cleaned_data["topic"])

    def clean_user_id(self) -> str:
        return clean_user_id(self.cleaned_data["user_id"])


@admin.register(Subscription)
class SubscriptionAdmin(BoundedAdmin):
    """The rights are those of REST: to look, to view notifications; to subscribe and unsubscribe, to change them."""

    form = SubscriptionForm
    fields = ["topic", "user_id"]
    list_display = ["topic", "user", "created_at"]
    list_display_links = None
    ordering = ["topic", "user_id"]
    search_fields = ["topic"]
    search_help_text = _("A whole topic or a whole user_id.")
    actions = ["delete_selected"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        """Each is sought in its own index, and no further than is shown; one query for both would read the table."""
        text = search_term.strip()
        if not text:
            return queryset, False
        keys: list[int] = []
        for part in (queryset.filter(topic=text).order_by("user_id"), queryset.filter(user_id=text).order_by("topic")):
            keys += part.values_list("pk", flat=True)[: SHOWN + 1]
        return queryset.filter(pk__in=keys), False

    @admin.display(description=_("user"))
    def user(self, obj: Subscription) -> str:
        url = reverse(f"{self.admin_site.name}:notifications_notification_changelist")
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"user": obj.user_id}), cut(obj.user_id))

    def save_model(self, request: HttpRequest, obj: Subscription, form: Any, change: bool) -> None:
        # Not save(): somebody else may have subscribed the same user since the form looked.
        subscribe(obj.user_id, obj.topic)
        obj.pk = Subscription.objects.get(topic=obj.topic, user_id=obj.user_id).pk

    @admin.action(description=_("Unsubscribe"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """In the place of Django's own, which would name every one of a large topic in a form."""
        chosen = list(queryset.values_list("pk", flat=True)[: SHOWN + 1])
        ended, _each = Subscription.objects.filter(pk__in=chosen[:SHOWN]).delete()
        text = ngettext("%d subscription ended.", "%d subscriptions ended.", ended) % ended
        self.message_user(request, text, messages.SUCCESS)
        if len(chosen) > SHOWN:
            self.message_user(request, _("There are more: run the action again."), messages.WARNING)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("notifications.view_notification"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.change_notification"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) or self.has_add_permission(request)
