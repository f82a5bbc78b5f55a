"""The start page of development."""

from __future__ import annotations

import json
from itertools import islice
from random import Random

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications.management.scenarios import SCENARIOS

USER_ID = 123  # the inbox of the examples
USERS = ({"id": USER_ID, "name": "Alice"}, {"id": 456, "name": "Bob"})
DEVICES = ("Laptop", "Phone")
STORY_LENGTH = 24


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
            "users": USERS,
            "devices": DEVICES,
            "scenarios": [(name, scenario.summary) for name, scenario in SCENARIOS.items()],
            # The stories of `mock_events`, for the page to tell over REST.
            "stories": json.dumps(
                {name: list(islice(scenario.tell(Random(7)), STORY_LENGTH)) for name, scenario in SCENARIOS.items()}
            ),
            "http_url": request.build_absolute_uri("/").rstrip("/"),
            # The page's own host: a socket to another name of this machine would be of another origin.
            "ws_url": f"{scheme}://{request.get_host()}",
            "dev_open": settings.NOTIFICATIONS["DEV_OPEN"],
        },
    )
