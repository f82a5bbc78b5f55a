"""The form that sends or corrects a notification, under the same limits as every other door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from notifications.models import Notification
from notifications.wire.strict_json import MalformedJSON, dumps, loads

HELP = {
    "user_id": _(
        "The product's id of a user: a number, or up to 64 letters, digits and . _ @ + : - that start with a letter or "
        "digit."
    ),
    "identifier": _("What kind of message it is, such as MESSAGE or order.shipped."),
    "action_url": _("Where a click leads: /path or https://…"),
    "data": _("A JSON object for programs."),
    "dedupe_key": _("A mark of your own, such as order-7-shipped: each user gets one notification with it."),
}


class StrictJSONField(forms.JSONField):
    """JSON as the engine reads it; Django's own fails on deep nesting and takes NaN and doubled members."""

    def to_python(self, value: Any) -> Any:
        if self.disabled or not isinstance(value, str):
            return value
        if not value.strip():
            return {}
        try:
            return loads(value)
        except MalformedJSON as problem:
            raise ValidationError(str(problem), code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        if self.disabled:
            return initial
        try:
            return loads(data or "{}")
        except MalformedJSON:
            return InvalidJSONInput(data)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(dumps(initial or {}) != dumps(self.to_python(data)))
        except ValidationError:
            return True


class NotificationForm(forms.ModelForm):
    """Text is kept as it is typed, but for the line ends, which browsers send as CR LF."""

    description = forms.CharField(
        required=False, strip=False, widget=forms.Textarea(attrs={"class": "vLargeTextField"})
    )

    class Meta:
        model = Notification
        fields = "__all__"  # noqa: DJ007 - the admin says which
        field_classes = {"data": StrictJSONField}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in HELP.keys() & self.fields.keys():
            self.fields[name].help_text = HELP[name]
        if "expires_at" in self.fields:
            zone = timezone.get_current_timezone_name()
            self.fields["expires_at"].help_text = _("When it goes from every device. Time zone: %s.") % zone

    def clean_description(self) -> str:
        description: str = self.cleaned_data["description"]
        return description.replace("\r\n", "\n")

    def _update_errors(self, errors: ValidationError) -> None:
        # ModelForm would put its field's own words in the place of the model's wherever the codes are the same.
        self.add_error(None, errors)

    def add_error(self, field: str | None, error: Any) -> None:
        # The model checks all of the notification; what this form does not show is said above it. One error a field:
        # what the form refused, the model finds empty.
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            shown: dict[str, list[ValidationError]] = {}
            for name, errors in error.error_dict.items():
                if name in self.errors:
                    continue
                if name in self.fields:
                    shown[name] = errors[:1]
                else:
                    texts = [ValidationError(f"{name}: {text}") for one in errors for text in one.messages]
                    shown.setdefault(NON_FIELD_ERRORS, []).extend(texts)
            error = ValidationError(shown)
        super().add_error(field, error)
