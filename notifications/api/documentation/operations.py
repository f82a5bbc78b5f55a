"""Telling a view set what its operations do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notifications.api.openapi import EngineSchema
from notifications.api.viewset import EngineViewSet

Operations = Mapping[str, Callable[[Any], Any]]
"""Method of a view set: what ``extend_schema`` makes of it."""


def describe(view: type[EngineViewSet], operations: Operations) -> None:
    """``extend_schema_view`` finds only the methods that the project's DEFAULT_SCHEMA_CLASS knows."""
    for name, extend in operations.items():
        method: Any = getattr(view, name)
        method.kwargs = {"schema": EngineSchema}
        extend(method)
