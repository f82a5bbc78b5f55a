"""Who is asking, and what they may do: the table of docs/security.md as code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Action(StrEnum):
    """What can be done; the values are the scopes of API keys."""

    CREATE = "create"
    READ = "read"
    UPDATE = "update"
    TOKENS = "tokens"


EVERYTHING = frozenset(Action)
OWN = frozenset({Action.READ, Action.UPDATE})
"""What a user may do with the own inbox."""

PERMISSIONS = {
    Action.CREATE: "notifications.add_notification",
    Action.READ: "notifications.view_notification",
    Action.UPDATE: "notifications.change_notification",
}
"""What a staff session needs for each."""


@dataclass(frozen=True, kw_only=True)
class SessionProof:
    """What must stay true for a session's socket to stay open."""

    session_key: str
    user_pk: Any
    auth_hash: str


@dataclass(frozen=True, kw_only=True)
class Principal:
    """A caller we know.

    ``kind``: api_key, token, session or development. ``name``: stable, for rate limits and idempotency; holds no
    secret. ``user_id``: the own inbox, if there is one. ``rights``: what may be done to every inbox.
    ``expires_at``: Unix seconds.
    """

    kind: str
    name: str
    user_id: str | None = None
    rights: frozenset[Action] = frozenset()
    expires_at: float | None = None
    api_key_id: int | None = None
    session: SessionProof | None = None

    def may(self, action: Action) -> bool:
        """To every inbox."""
        return action in self.rights

    def may_inbox(self, action: Action, user_id: str) -> bool:
        """To this one; decided without looking it up."""
        return action in self.rights or (user_id == self.user_id and action in OWN)


DEVELOPMENT = Principal(kind="development", name="development", rights=EVERYTHING)
