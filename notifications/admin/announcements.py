"""Announcements: making one for everyone, a list or a topic, following it, correcting it, taking it back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.actions.announce import COUNTED_MAX, delivered, edit, publish_to, publish_to_topic, retract
from notifications.exceptions import AnnouncementEnded
from notifications.limits import RECIPIENTS_MAX, TOPIC_MAX, clean_topic, clean_user_id
from notifications.models import Announcement
from notifications.models.announcement import EDITABLE, INPUT

from .bounded import AtLeast, BoundedAdmin
from .forms import NotificationForm, StrictJSONField

MADE = ("identifier", "title", "description", "priority", "action_url", "data", "expires_at", "include_new")
TOLD = ("audience", "topic", "recipients", "delivered_to", "created_at", "updated_at", "retracted_at")
RETRACTED_AT_ONCE = 100


class AnnouncementForm(NotificationForm):
    """With a list of users or a topic it is for them alone."""

    user_ids = forms.CharField(
        label=_("only for"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text=_("user_ids, separated by spaces, commas or lines. Empty: for everyone."),
    )
    to_topic = forms.CharField(
        label=_("only for who is subscribed to"),
        required=False,
        max_length=TOPIC_MAX,
        help_text=_("A topic: whoever is subscribed to it now."),
    )

    class Meta:
        model = Announcement
        fields = "__all__"
        field_classes = {"data": StrictJSONField}

    def clean_user_ids(self) -> list[str]:
        named = self.cleaned_data["user_ids"].replace(",", " ").split()
        if len(named) > RECIPIENTS_MAX:
            raise ValidationError(_("At most %d users.") % RECIPIENTS_MAX, code="max_length")
        distinct: set[str] = set()
        for one in named:
            try:
                distinct.add(clean_user_id(one))
            except ValidationError:
                raise ValidationError(_("%(one)s is no user_id."), params={"one": one[:64]}, code="invalid") from None
        return sorted(distinct)

    def clean_to_topic(self) -> str:
        topic: str = self.cleaned_data["to_topic"]
        return topic and clean_topic(topic)

    def clean(self) -> Any:
        user_ids, topic = self.cleaned_data.get("user_ids"), self.cleaned_data.get("to_topic")
        if user_ids and topic:
            raise ValidationError({"to_topic": _("Name a topic or users, not both.")})
        if (user_ids or topic) and self.cleaned_data.get("include_new"):
            raise ValidationError({"include_new": _("A list is for those on it.")})
        return super().clean()


@admin.register(Announcement)
class AnnouncementAdmin(BoundedAdmin):
    """For whoever may send notifications."""

    form = AnnouncementForm
    list_display = ["title", "identifier", "audience", "recipients", "created_at", "expires_at", "retracted_at"]
    ordering = ["-id"]
    actions = ["retract"]

    def get_fields(self, request: HttpRequest, obj: Announcement | None = None) -> Any:
        return (*MADE, "user_ids", "to_topic") if obj is None else (*MADE, *TOLD)

    def get_readonly_fields(self, request: HttpRequest, obj: Announcement | None = None) -> Any:
        if obj is None:
            return ()
        fixed = ("identifier", "include_new", *TOLD)
        return (*EDITABLE, *fixed) if obj.is_over else fixed

    @admin.display(description=_("inboxes that have it"))
    def delivered_to(self, obj: Announcement) -> int:
        number = delivered(obj)
        return AtLeast(number) if obj.recipients is None and number >= COUNTED_MAX else number

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:
        if change:
            # Only what the form changed: what somebody else corrected meanwhile is not undone.
            edit(obj.pk, {name: getattr(obj, name) for name in form.changed_data})
            return
        message = {name: getattr(obj, name) for name in INPUT}
        if user_ids := form.cleaned_data["user_ids"]:
            obj.pk = publish_to(user_ids, message).pk
        elif topic := form.cleaned_data["to_topic"]:
            obj.pk = publish_to_topic(topic, message).pk
        else:
            obj.save()

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().change_view(request, object_id, *args, **kwargs)
        except AnnouncementEnded as problem:  # retracted while the form was open
            self.message_user(request, str(problem), messages.ERROR)
            return HttpResponseRedirect(reverse(f"{self.admin_site.name}:notifications_announcement_changelist"))

    @admin.action(description=_("Retract: take back from every inbox"), permissions=["change"])
    def retract(self, request: HttpRequest, queryset: QuerySet[Announcement]) -> None:
        chosen = list(queryset.filter(retracted_at__isnull=True).order_by("pk")[:RETRACTED_AT_ONCE])
        for announcement in chosen:
            retract(announcement)
        text = ngettext("%d announcement retracted.", "%d announcements retracted.", len(chosen)) % len(chosen)
        self.message_user(request, text, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("notifications.add_notification"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_add_permission(request)

    has_view_permission = has_change_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It is retracted: the row stays, for inboxes that have not heard of it yet."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)
