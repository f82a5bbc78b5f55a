"""HTTP and sockets."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.baseline.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

http = get_asgi_application()

from benchmarks.baseline.inbox.consumers import InboxConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {"http": http, "websocket": URLRouter([path("ws/<str:user_id>/", InboxConsumer.as_asgi())])}
)
