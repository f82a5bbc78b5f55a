"""Closing the sockets of credentials that ended, at once in this process; ``Hub.revalidate`` finds the others."""

from __future__ import annotations

import asyncio
from typing import Any

from .hub import Hub, living_hubs, on_hubs
from .tasks import keep


def session_ended(session_key: str | None) -> None:
    """Somebody logged out."""
    if session_key is not None:
        on_hubs(
            lambda hub: hub.cut(
                lambda principal: principal.session is not None and principal.session.session_key == session_key
            )
        )


def credentials_changed(pk: Any, *, is_key: bool) -> None:
    """An API key or a user was saved or deleted: look again, if one of their sockets is here."""

    def concerns(hub: Hub) -> bool:
        return any(
            session.principal.api_key_id == pk
            if is_key
            else session.principal.session is not None and session.principal.session.user_pk == pk
            for session in hub.all()
        )

    if any(concerns(hub) for hub in living_hubs()):
        on_hubs(lambda hub: keep(asyncio.ensure_future(hub.revalidate())))
