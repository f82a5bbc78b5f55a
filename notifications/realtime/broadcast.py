"""Telling sockets of a change, once it is committed and never before."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from notifications.models import Change

from .hub import Hint, Hub, living_hubs, on_hubs
from .publisher import publisher
from .subscription import shared_layer


def after_commit(changes: Sequence[Change], *, using: str) -> None:
    """Tell when the transaction is committed. ``robust``: what goes wrong in telling never fails the caller."""
    # A lambda, not a partial: when a robust hook fails, Django logs its __qualname__, which a partial has not.
    transaction.on_commit(lambda: tell(changes), using=using, robust=True)


def tell(changes: Sequence[Change]) -> None:
    """Tell this process's sockets, and other processes through the channel layer.

    A user without a socket here is passed over: one that connects now reads after the commit.
    """
    hubs, is_shared = living_hubs(), shared_layer() is not None

    def is_here(user_id: str) -> bool:
        return any(user_id in hub.sessions for hub in hubs)

    hints = [Hint(change) for change in changes if is_shared or is_here(change.head.user_id)]
    wanted = [hint for hint in hints if is_here(hint.user_id)]
    for hint in wanted:
        hint.encode()  # here, and not on the event loop
    if wanted:
        on_hubs(lambda hub: hub.hear(*wanted))
    if is_shared:
        publisher.publish(hints)


def board_after_commit(*, using: str) -> None:
    """Tell of announcements when they are committed."""
    transaction.on_commit(tell_board, using=using, robust=True)


def tell_board() -> None:
    """Let this process's hubs take the board in, and others' through the channel layer."""
    on_hubs(Hub.hear_board)
    if shared_layer() is not None:
        publisher.publish(board=True)
