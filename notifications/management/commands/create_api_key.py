"""``manage.py create_api_key``: a credential for a back end."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from notifications.limits import clean_time
from notifications.management.errors import clear_errors
from notifications.models import APIKey
from notifications.models.api_key import Scope

UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1)}


class Command(BaseCommand):
    help = "Makes an API key and prints it: once, alone on the last line. Only its digest is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        scopes = ", ".join(f"{scope.value} ({scope.label})" for scope in Scope)
        parser.add_argument("name", help="who uses it, for you to recognise it")
        parser.add_argument(
            "--scope",
            dest="scopes",
            action="append",
            required=True,
            choices=Scope.values,
            metavar="SCOPE",
            help=f"what it may do, repeatable: {scopes}",
        )
        parser.add_argument(
            "--expires",
            metavar="WHEN",
            help="2027-01-01 (UTC), an RFC 3339 time, or 90d or 12h from now; default: never",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        expires_at = _moment(options["expires"])
        with clear_errors():
            key, secret = APIKey.objects.issue(options["name"], scopes=options["scopes"], expires_at=expires_at)
        until = f"expires {key.expires_at:%Y-%m-%d %H:%M} UTC" if key.expires_at else "never expires"
        self.stdout.write(f"API key {key.name!r}: {', '.join(key.scopes)}; {until}. It is shown only now:")
        self.stdout.write(secret)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if match := re.fullmatch(r"([0-9]{1,5})([dh])", text):
            moment = timezone.now() + int(match[1]) * UNITS[match[2]]
        else:
            moment = clean_time(f"{text}T00:00:00Z" if len(text) == len("2027-01-01") else text)
    except (ValidationError, OverflowError):
        raise CommandError(
            "--expires is a date like 2027-01-01 or 2027-01-01T12:00:00Z, or a time from now like 90d or 12h."
        ) from None
    if moment <= timezone.now():
        raise CommandError("--expires lies in the past.")
    return moment
