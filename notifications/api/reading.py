"""Reading an inbox in one statement: it is opened, and takes the board in, where that statement found it wanting."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn, Protocol, TypeVar

from django.db import OperationalError

from notifications.actions.catch_up import head_of
from notifications.actions.sparing import is_held
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


def answered(user_id: str, ask: Callable[..., Found], settle: Settle) -> Found:
    """What a verb answers that opens the inbox and takes the board in by itself, but waits for nobody for long."""
    try:
        found = ask(is_patient=False)
    except OperationalError as problem:
        if not is_held(problem):
            raise
    else:
        if not found.head.is_behind:
            return found
    settle(user_id)
    return ask(is_patient=True)


def bring_up(user_id: str) -> None:
    """Open the inbox, and take the board in."""
    head_of(user_id)


def refuse_to_wait(user_id: str) -> NoReturn:
    """For those who may not write: that might wait for a lock."""
    raise WouldWait


class WouldWait(Exception):
    """An inbox is to be written before it can be read."""
