"""Keeping the tables of a page: what is measured again replaces what stood under the same title."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from .figures import Outcome
from .machine import description, versions
from .tables import grouped, markdown

MARKERS = "<!-- {name}: begin -->", "<!-- {name}: end -->"
_TITLES = re.compile("^### ", re.MULTILINE)


def write(page: Path, outcomes: Sequence[Outcome], *, command: str) -> None:
    """Between the markers of each benchmark, replace the tables of the places and servers that were measured."""
    text = page.read_text()
    today = datetime.datetime.now(datetime.UTC).date()
    for title, mine in grouped(outcomes).items():
        runs = max(outcome.runs for outcome in mine)
        of = f"medians of {runs} runs" if runs > 1 else "one run"
        name = mine[0].benchmark
        kept = _sections(_between(text, name))
        kept[title] = f"`{command}` · {of} · {today}\n\n{markdown(mine)}"
        text = _put(text, name, "\n\n".join(f"### {each}\n\n{body}" for each, body in kept.items()))
    text = _put(text, "machine", f"{description()}. {versions()}.")
    page.write_text(text)


def _sections(text: str) -> dict[str, str]:
    """Title → what stands below it."""
    parts = [part.partition("\n") for part in _TITLES.split(text)[1:]]
    return {title.strip(): body.strip() for title, _, body in parts}


def _between(text: str, name: str) -> str:
    begin, end = (marker.format(name=name) for marker in MARKERS)
    return text.partition(begin)[2].partition(end)[0]


def _put(text: str, name: str, body: str) -> str:
    begin, end = (marker.format(name=name) for marker in MARKERS)
    made = f"{begin}\n{body}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n{made}\n"
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: made, text, flags=re.DOTALL)
