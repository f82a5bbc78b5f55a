"""A hostile input: what is sent, and the status and code it must get. ``{id}`` is a notification of alice.

``{announcement}`` is one to somebody else, which is never delivered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

HI = {"title": "Hi", "identifier": "MESSAGE", "user_id": "alice"}
LIST, BATCH, TOKENS, MARK = (
    "/notifications/",
    "/notifications/batch",
    "/notifications/tokens",
    "/notifications/alice/mark",
)
ANNOUNCEMENTS = "/notifications/announcements"
SUBSCRIBED = "/notifications/topics/news/subscriptions"
NEWS = {"title": "Hi", "identifier": "OPS"}
INVALID, MALFORMED, NOT_FOUND = (400, "invalid"), (400, "malformed_json"), (404, "not_found")
UNKNOWN, TOO_LARGE, UNSUPPORTED = (401, "authentication_failed"), (413, "too_large"), (415, "unsupported_media_type")
NO_METHOD = (405, "method_not_allowed")


@dataclass(frozen=True, kw_only=True)
class Hostile:
    name: str
    method: str
    path: str
    answer: tuple[int, str]
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def path_to(self, *, id: int, announcement: int) -> str:  # noqa: A002
        return self.path.replace("{id}", str(id)).replace("{announcement}", str(announcement))


def body(name: str, raw: bytes | str, answer: tuple[int, str], path: str = LIST, **headers: str) -> Hostile:
    raw = raw.encode("utf-8", "surrogatepass") if isinstance(raw, str) else raw
    return Hostile(name=name, method="POST", path=path, raw=raw, answer=answer, headers=headers)


def value(name: str, path: str = LIST, **members: Any) -> Hostile:
    """A notification with a bad member; NaN and surrogates are written as Python writes them."""
    sent = {**HI, **members} if path == LIST else members
    return body(name, json.dumps(sent), INVALID, path)


def get(name: str, path: str, answer: tuple[int, str] = INVALID, **headers: str) -> Hostile:
    return Hostile(name=name, method="GET", path=path, answer=answer, headers=headers)


def call(
    name: str, method: str, path: str, answer: tuple[int, str] = INVALID, raw: bytes | None = None, **headers: str
) -> Hostile:
    return Hostile(name=name, method=method, path=path, answer=answer, raw=raw, headers=headers)


def with_data(text: str) -> str:
    return json.dumps(HI)[:-1] + f', "data": {text}}}'
