"""Notifications that are stored, numbered and pushed: ``notify``, ``notify_many``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actions.notify import notify, notify_many

__all__ = ["notify", "notify_many"]


def __getattr__(name: str) -> Any:
    # Lazy: Django imports this package before it is ready for models.
    if name in __all__:
        from .actions import notify as module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
