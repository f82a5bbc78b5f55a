"""The cast, and what they are told."""

import pytest

from tests.told import Told, listen_in


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Every change told after a commit."""
    return listen_in(monkeypatch)
