"""Two inboxes that are open before anything is announced, and an ear for what devices are told."""

from __future__ import annotations

import pytest

from notifications import notify
from tests.told import Told, listen_in


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    return listen_in(monkeypatch)


@pytest.fixture(autouse=True)
def cast() -> None:
    for user in ("alice", "bob"):
        notify(user, title="Hello", identifier="MESSAGE")
