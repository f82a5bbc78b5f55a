"""The service as an ASGI application: HTTP and sockets."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "notification_engine.settings.production")

import django

django.setup(set_prefix=False)  # before every import that needs models

from notification_engine.requests import RequestHandler  # noqa: E402
from notification_engine.start import greet, refuse_bad_settings  # noqa: E402
from notifications.ops.access_log import AccessLog  # noqa: E402
from notifications.routing import get_application  # noqa: E402

refuse_bad_settings()
application = AccessLog(get_application(RequestHandler()))
greet()
