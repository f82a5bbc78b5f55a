"""The shop's paths; the inbox hangs where the shop wants it."""

from pathlib import Path

from django.urls import include, path
from django.views.static import serve

import notifications
from shop import views

STATIC = Path(notifications.__file__).parent / "static"

urlpatterns = [
    path("login", views.log_in),
    path("logout", views.log_out),
    path("order", views.order),
    path("bell/<name>", views.bell),
    path("static/<path:path>", serve, {"document_root": STATIC}),
    path("inbox/", include("notifications.urls")),
]
