"""Every path of the service."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, re_path

from notification_engine.log_in import log_in
from notification_engine.views import start_page
from notifications.api.schema import docs_view, schema_view
from notifications.ops.health import healthz, readyz
from notifications.ops.metrics import metrics

urlpatterns = [
    path("", start_page, name="start"),
    path("", include("notifications.urls")),
    re_path(r"^api/schema/?$", schema_view, name="schema"),
    re_path(r"^api/docs/?$", docs_view, name="docs"),
    re_path(r"^healthz/?$", healthz, name="healthz"),
    re_path(r"^readyz/?$", readyz, name="readyz"),
    re_path(r"^metrics/?$", metrics, name="metrics"),
    path("admin/login/", log_in),  # before the admin's own, which has no limit
    path("admin/", admin.site.urls),
]

admin.site.site_header = admin.site.site_title = "Notification Engine"

handler400 = "notifications.api.problems.bad_request"
handler403 = "notifications.api.problems.permission_denied"
handler404 = "notifications.api.problems.not_found"
handler500 = "notifications.api.problems.server_error"
