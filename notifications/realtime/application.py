"""The ASGI application: HTTP beside sockets."""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import URLPattern, re_path

from .consumers import UnknownPath


def get_websocket_application(routes: list[URLPattern]) -> Any:
    """The sockets of the routes, and a refusal for any other path."""
    return URLRouter([*routes, re_path(r"", UnknownPath.as_asgi())])


def get_application(http: Any, websocket: Any) -> Any:
    """The whole ASGI application of a server process around ``http``, Django's own one."""
    return ProtocolTypeRouter({"http": http, "websocket": websocket})
