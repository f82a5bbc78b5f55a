"""The socket routes, and the ASGI application around them."""

from __future__ import annotations

from typing import Any

from notifications.api.guard import Guard
from notifications.jobs import clock
from notifications.realtime.application import get_application as _get_application
from notifications.realtime.application import get_websocket_application, websocket_urlpatterns

__all__ = ["get_application", "websocket_application", "websocket_urlpatterns"]

websocket_application = get_websocket_application()


def get_application(http: Any) -> Any:
    """The ASGI application of a server process around Django's own ``http``; starts the process's clock."""
    clock.start()
    return _get_application(Guard(http))
