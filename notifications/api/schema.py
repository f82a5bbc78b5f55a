"""The OpenAPI 3.1 document, made from the views and ``documentation``, and Swagger UI around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.settings import patched_settings
from drf_spectacular.views import SpectacularSwaggerSplitView

from .documentation import DESCRIPTION
from .openapi import CREDENTIALS
from .renderers import NoNegotiation
from .viewset import EngineViewSet

Endpoint = tuple[str, str, str, Any]

SETTINGS: dict[str, Any] = {
    "TITLE": "Notification Engine",
    "DESCRIPTION": DESCRIPTION,
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": False,
    "COMPONENT_SPLIT_PATCH": False,
    "PREPROCESSING_HOOKS": ["notifications.api.schema.canonical_paths"],
    "POSTPROCESSING_HOOKS": ["notifications.api.openapi.close_requests"],
    "AUTHENTICATION_WHITELIST": [extension.target_class for extension in CREDENTIALS],
}
"""Over a project's SPECTACULAR_SETTINGS, which speak of its own API."""


@cache
def get_document() -> dict[str, Any]:
    """The document of the engine's own paths, wherever the project has mounted them."""
    with patched_settings(SETTINGS):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return document


def canonical_paths(endpoints: Iterable[Endpoint], **_: object) -> list[Endpoint]:
    """Ours, each once: the collection with its slash, everything else without."""
    return [
        (path if path.endswith("notifications/") else path.rstrip("/"), regex, method, callback)
        for path, regex, method, callback in endpoints
        if issubclass(callback.cls, EngineViewSet)
    ]


@csrf_exempt
@require_safe
def schema_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_rendered(), content_type="application/json")


@cache
def _rendered() -> bytes:
    rendered: bytes = OpenApiJsonRenderer().render(get_document(), renderer_context={})
    return rendered


class _SwaggerView(SpectacularSwaggerSplitView):
    title = "Notification Engine"
    authentication_classes = []
    permission_classes = []
    content_negotiation_class = NoNegotiation


docs_view: Callable[..., HttpResponse] = _SwaggerView.as_view(url_name="schema")
