"""The socket routes, and the ASGI application around them."""

from __future__ import annotations

from typing import Any

from django.urls import re_path

from notifications.api.express import Express
from notifications.api.guard import Guard
from notifications.conf import get_options
from notifications.jobs import clock
from notifications.realtime.application import get_application as _get_application
from notifications.realtime.application import get_websocket_application
from notifications.realtime.consumers import InboxConsumer

__all__ = ["get_application", "websocket_application", "websocket_urlpatterns"]


def get_application(http: Any) -> Any:
    """The ASGI application of a server process around Django's own ``http``; starts the process's clock."""
    clock.start()
    express = Express(http) if get_options().EXPRESS else http
    return _get_application(Guard(express), websocket_application)


def _with_clock(application: Any) -> Any:
    """Where a project puts the sockets into its own application, the first of them starts the clock."""

    def timed(scope: Any, receive: Any, send: Any) -> Any:
        clock.start()
        return application(scope, receive, send)

    return timed


websocket_urlpatterns = [
    re_path(r"^notifications/ws/(?P<user_id>[^/]+)/?$", _with_clock(InboxConsumer.as_asgi())),
]
"""For a project's own ``URLRouter``; the consumer checks Origin and credentials itself."""

websocket_application = get_websocket_application(websocket_urlpatterns)
"""Our sockets, and a refusal for any other path."""
