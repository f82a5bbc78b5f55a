"""Reading an inbox in one statement: it is opened, and takes the board in, where that statement found it wanting."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, Protocol, TypeVar

from notifications.actions.catch_up import head_of
from notifications.models.change import Head


class HasHead(Protocol):
    @property
    def head(self) -> Head: ...


Found = TypeVar("Found", bound=HasHead)


Settle = Callable[[str], object]


def settled(user_id: str, read: Callable[[], Found | None], settle: Settle) -> Found:
    """What ``read`` finds of an inbox; it returns None where there is none yet."""
    found = read()
    if found is None or found.head.is_behind:
        settle(user_id)
        found = read()
    return found or settled(user_id, read, settle)  # erased in between


def bring_up(user_id: str) -> None:
    """Open the inbox, and take the board in."""
    head_of(user_id)


def refuse_to_wait(user_id: str) -> NoReturn:
    """For those who may not write: that might wait for a lock."""
    raise WouldWait


class WouldWait(Exception):
    """An inbox is to be written before it can be read."""
