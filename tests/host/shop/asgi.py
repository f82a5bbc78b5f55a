"""The shop's own ASGI application, with the sockets of the app beside its pages."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from notifications.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter({"http": pages, "websocket": websocket_application})
