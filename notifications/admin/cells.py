"""What stands in the narrow cells of a list; the whole of it is shown by pointing at it."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

LONGEST = 26
"""Characters without a space, which no browser breaks."""


def cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return format_html('<span title="{}">{}</span>', text, Truncator(text).chars(LONGEST))


def short_time(moment: datetime) -> str:
    """``11-23 04:23``, or the date of another year."""
    local = timezone.localtime(moment)
    short = f"{local:%m-%d %H:%M}" if local.year == timezone.localtime().year else f"{local:%Y-%m-%d}"
    whole = f"{local:%Y-%m-%d %H:%M:%S %Z}"
    return format_html('<time class="nowrap" title="{}">{}</time>', whole, short)


def with_time(state: object, since: datetime) -> str:
    return format_html("{}<br>{}", state, short_time(since))
