"""Asking before something that cannot be undone."""

from __future__ import annotations

import sys

from django.core.management import CommandError


def confirm(question: str, *, is_sure: bool) -> None:
    """Return when the answer is yes; ``--yes`` has given it already. Nobody can be asked but a terminal."""
    if is_sure:
        return
    if not sys.stdin.isatty():
        raise CommandError("There is no terminal to ask: give --yes to do it.")
    try:
        answer = input(f"{question} [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise CommandError("Nothing was changed.")
