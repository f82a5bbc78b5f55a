"""The form that sends or corrects a notification, under the same limits as every other door."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.fields import InvalidJSONInput

from notifications.models import Notification
from notifications.wire.strict_json import MalformedJSON, dumps, loads


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

    def clean_description(self) -> str:
        description: str = self.cleaned_data["description"]
        return description.replace("\r\n", "\n")

    def add_error(self, field: str | None, error: Any) -> None:
        # The model checks all of the notification; what this form does not show is said above it.
        if isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            shown: dict[str, list[ValidationError]] = {}
            for name, errors in error.error_dict.items():
                if name in self.fields:
                    shown[name] = errors
                else:
                    texts = [ValidationError(f"{name}: {text}") for one in errors for text in one.messages]
                    shown.setdefault(NON_FIELD_ERRORS, []).extend(texts)
            error = ValidationError(shown)
        super().add_error(field, error)
