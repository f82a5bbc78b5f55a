"""Commits of which nobody knows whether they happened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, transaction


@contextmanager
def lost_on_the_way() -> Iterator[None]:
    """``transaction.atomic``, whose commit happens; the word of it is lost."""
    with transaction.atomic():
        yield
    raise OperationalError("the connection is lost")
