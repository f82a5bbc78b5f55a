"""Keeping the tables of a page: a benchmark's tables replace what stood between its markers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from .figures import Outcome
from .machine import description, versions
from .tables import markdown

MARKERS = "<!-- {name}: begin -->", "<!-- {name}: end -->"


def write(page: Path, outcomes: Sequence[Outcome], *, command: str, server: str) -> None:
    """Replace the tables of the benchmarks that ran; those of others stay."""
    text = page.read_text()
    names = dict.fromkeys(outcome.benchmark for outcome in outcomes)
    today = datetime.datetime.now(datetime.UTC).date()
    for name in names:
        mine = [outcome for outcome in outcomes if outcome.benchmark == name]
        body = f"`{command}` · {server} · {today}\n\n{markdown(mine)}"
        text = _put(text, name, body)
    text = _put(text, "machine", f"{description()}. {versions()}.")
    page.write_text(text)


def _put(text: str, name: str, body: str) -> str:
    begin, end = (marker.format(name=name) for marker in MARKERS)
    made = f"{begin}\n{body}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n{made}\n"
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: made, text, flags=re.DOTALL)
