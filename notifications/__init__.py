"""Notifications that are stored, numbered and pushed: ``notify``, ``notify_many``, ``announce``, ``retract``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actions.announce import announce, retract
    from .actions.notify import notify, notify_many

__all__ = ["announce", "notify", "notify_many", "retract"]


def __getattr__(name: str) -> Any:
    # Lazy: Django imports this package before it is ready for models.
    if name in __all__:
        from .actions import announce, notify

        return getattr(notify if name.startswith("notify") else announce, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
