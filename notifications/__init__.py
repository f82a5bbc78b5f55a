"""Notifications that are stored, numbered and pushed: the functions a project calls."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .actions.announce import announce, retract
    from .actions.notify import notify, notify_many
    from .actions.topics import subscribe, subscribe_many, unsubscribe

__all__ = ["announce", "notify", "notify_many", "retract", "subscribe", "subscribe_many", "unsubscribe"]

_MODULES = {"retract": "announce", "notify_many": "notify"} | dict.fromkeys(__all__[-3:], "topics")


def __getattr__(name: str) -> Any:
    # Lazy: Django imports this package before it is ready for models.
    if name in __all__:
        return getattr(import_module(f".actions.{_MODULES.get(name, name)}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
