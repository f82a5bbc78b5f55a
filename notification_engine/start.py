"""What a starting server checks and says."""

from __future__ import annotations

from django.conf import settings
from django.core import checks


def refuse_bad_settings() -> None:
    """Exit on a serious finding of the settings' checks; ``runserver`` runs them, other servers do not."""
    findings = [
        finding
        for finding in checks.run_checks(tags=[checks.Tags.security])
        if finding.is_serious() and not finding.is_silenced()
    ]
    if findings:
        raise SystemExit("\n".join(f"Refusing to start: {finding}" for finding in findings))


def greet() -> None:
    """Say that development mode is open, and where things are; a production server starts without a word."""
    if settings.NOTIFICATIONS["DEV_OPEN"]:
        print(
            "Open to this machine only: requests from it need no credential (NOTIFICATIONS_DEV_OPEN).",
            "Start page: /   administration: /admin/   API documentation: /api/docs",
            sep="\n",
            flush=True,
        )
