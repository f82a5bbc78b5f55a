"""What a starting server says about itself."""

from __future__ import annotations

from django.conf import settings


def greet() -> None:
    """Say that development mode is open, and where things are; a production server starts without a word."""
    if settings.NOTIFICATIONS["DEV_OPEN"]:
        print(
            "Open to this machine only: requests from it need no credential (NOTIFICATIONS_DEV_OPEN).",
            "Start page: /   administration: /admin/   API documentation: /api/docs",
            sep="\n",
            flush=True,
        )
