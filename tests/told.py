"""Listening in on what is told after a commit, in place of the sockets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from notifications.models import Change
from notifications.realtime import broadcast
from notifications.wire import frames


class Told(list[Change]):
    """Every change that was told, in the order it was."""

    def frames_of(self, user_id: str) -> list[dict[str, Any] | None]:
        """The frames of one inbox; None for a change too large to carry."""
        made = [frames.of_change(change) for change in self if change.head.user_id == user_id]
        return [None if frame is None else json.loads(frame.text) for frame in made]


def listen_in(patch: pytest.MonkeyPatch) -> Told:
    """What is told after each commit from now on."""
    told = Told()
    patch.setattr(broadcast, "tell", told.extend)
    return told


def listen_before_commit(patch: pytest.MonkeyPatch) -> Told:
    """What would be told, for tests that run in one transaction."""
    told = Told()

    def hear(changes: Sequence[Change], *, using: str) -> None:
        told.extend(changes)

    patch.setattr(broadcast, "after_commit", hear)
    return told
