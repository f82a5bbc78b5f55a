"""Turning what can go wrong in a command into one clear line and an exit status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError
from django.db import Error as DatabaseError

INTERRUPTED = 130
"""What a shell reports of a program that Ctrl-C ended."""


@contextmanager
def clear_errors() -> Iterator[None]:
    """Bad input names its fields; a database that is away or not migrated says what to do."""
    try:
        yield
    except ValidationError as problem:
        raise CommandError(_listed(problem)) from None
    except ImproperlyConfigured as problem:
        raise CommandError(str(problem)) from None
    except DatabaseError as problem:
        reason = " ".join(str(problem).split())
        raise CommandError(f"The database cannot be used: {reason}. Has `manage.py migrate` been run?") from None


def _listed(problem: ValidationError) -> str:
    if not hasattr(problem, "error_dict"):
        return " ".join(problem.messages)
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in problem.message_dict.items())
