"""Writing a file that is there when it is whole, and not before."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from django.core.management import CommandError


def write_whole(path: Path, pieces: Iterable[str]) -> None:
    """Replace the file in one step; readable by its owner only. What was there stays when anything goes wrong."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as problem:
        raise CommandError(f"Cannot write {path}: {problem.strerror}.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(pieces)
        Path(name).replace(path)
    except OSError as problem:
        raise CommandError(f"Cannot write {path}: {problem.strerror}.") from None
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()
