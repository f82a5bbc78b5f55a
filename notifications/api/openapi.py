"""How the engine's own classes appear in an OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from notifications.wire.serializers import Exact


class EngineSchema(AutoSchema):
    """Set here, whatever the project's DEFAULT_SCHEMA_CLASS is."""

    def get_description(self) -> str:  # type: ignore[override]
        return ""  # docstrings speak to readers of the code


class ExactExtension(OpenApiSerializerFieldExtension):
    target_class = Exact

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        return dict(self.target.schema)


class BearerExtension(OpenApiAuthenticationExtension):
    target_class = "notifications.api.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        text = "An API key (`ntf_…`) of a back end, or a user token (JWT) of a browser or an app."
        return {"type": "http", "scheme": "bearer", "description": text}


class SessionExtension(OpenApiAuthenticationExtension):
    target_class = "notifications.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        text = "The session of a logged-in user; unsafe methods need the CSRF token as well."
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME, "description": text}


CREDENTIALS = (BearerExtension, SessionExtension)
"""Ways in that a document should tell of; development mode is none."""


CLOSED = (
    "NewNotification",
    "Batch",
    "Put",
    "States",
    "Mark",
    "TokenRequest",
    "NewAnnouncement",
    "AnnouncementEdit",
)


def close_requests(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """An unknown member is refused, so no request has any; and only marking read may come without a body."""
    schemas = result["components"]["schemas"]
    for name in CLOSED:
        schemas[name]["additionalProperties"] = False
    schemas["States"]["minProperties"] = schemas["AnnouncementEdit"]["minProperties"] = 1
    schemas["NewAnnouncement"]["oneOf"] = [
        {"required": ["audience"], "not": {"anyOf": [{"required": ["user_ids"]}, {"required": ["topic"]}]}},
        *(
            {"required": [one], "not": {"anyOf": [{"required": [other]} for other in (*others, "include_new")]}}
            for one, *others in (("user_ids", "topic", "audience"), ("topic", "user_ids", "audience"))
        ),
    ]
    schemas["Mark"]["not"] = {"anyOf": [{"required": ["ids", "up_to"]}, {"required": ["ids", "identifier"]}]}
    for operations in result["paths"].values():
        for operation in operations.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = operation["operationId"] != "mark_notification"
    return result
