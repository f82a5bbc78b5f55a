"""The ASGI application: HTTP beside sockets."""

from __future__ import annotations

from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from .consumers import InboxConsumer, UnknownPath

websocket_urlpatterns = [
    re_path(r"^notifications/ws/(?P<user_id>[^/]+)/?$", InboxConsumer.as_asgi()),
]
"""For a host's own ``URLRouter``; the consumer checks Origin and credentials itself."""


def get_websocket_application() -> Any:
    """Our sockets, and a refusal for any other path."""
    return URLRouter([*websocket_urlpatterns, re_path(r"", UnknownPath.as_asgi())])


def get_application(http: Any) -> Any:
    """The whole ASGI application of a server process around ``http``, Django's own one."""
    return ProtocolTypeRouter({"http": http, "websocket": get_websocket_application()})
