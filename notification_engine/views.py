"""The start page of development."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

USER_ID = 123  # the inbox of the demonstration


@require_safe
def start_page(request: HttpRequest) -> HttpResponse:
    """Show the demonstration; in production there is none, so there is no page."""
    if not settings.DEBUG:
        raise Http404
    scheme = "wss" if request.is_secure() else "ws"
    return render(
        request,
        "notification_engine/start.html",
        {
            "user_id": USER_ID,
            "http_url": request.build_absolute_uri("/").rstrip("/"),
            # The page's own host: a socket to another name of this machine would be of another origin.
            "ws_url": f"{scheme}://{request.get_host()}",
            "dev_open": settings.NOTIFICATIONS["DEV_OPEN"],
        },
    )
