"""The secret of one checkout, made up on first use."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path


def kept_secret(path: Path) -> str:
    """Read the secret in ``path``, or make one there; the same one for every process that asks.

    Not a constant in the repository: everybody could then sign sessions and user tokens for a server that was
    opened to a network by mistake.
    """
    if not path.exists():
        handle, written = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # readable by its owner only
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(written, path)  # all or nothing: of two first starts at once, one wins and both read its secret
        except FileExistsError:
            pass
        finally:
            Path(written).unlink()
    return path.read_text().strip()
