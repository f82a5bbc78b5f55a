"""A closed server under attack, and the canary that tells whether it still serves."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import jwt

from tests.device import device
from tests.servers import Server
from tests.service import TOKEN_KEY

SOCKETS_MAX = 300
"""Of one user. Not the default: in a few seconds many tests open sockets of the same user, one after the other."""


@dataclass
class Arena:
    """``key`` is an API key with every right."""

    kind: str
    server: Server
    key: str
    _log_read: int = 0
    _canaries: int = 0

    def url(self, path: str = "/notifications/ws/mallory") -> str:
        return f"ws://{self.server.address}{path}"

    @property
    def origin(self) -> str:
        return f"http://{self.server.address}"

    async def check_canary(self) -> None:
        """A fresh user's socket gets a push, no socket was ended by a fault, and the log holds none."""
        self._canaries += 1
        user = f"canary-{self._canaries}"
        async with device(self.url(f"/notifications/ws/{user}"), token=token(user)) as canary:
            await canary.frame("snapshot")
            made = await asyncio.to_thread(self._create, user)
            await canary.until(lambda: made in canary.replica.items)
        fresh, self._log_read = self.server.log[self._log_read :], len(self.server.log)
        assert "Traceback" not in fresh, fresh

    def _create(self, user: str) -> int:
        body = {"user_id": user, "title": "Tweet", "identifier": "CANARY"}
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = Request(f"{self.origin}/notifications/", json.dumps(body).encode(), headers)
        with urlopen(request, timeout=10) as answer:
            assert answer.status == 201
            made: int = json.load(answer)["id"]
        return made


def token(
    sub: object = "mallory",
    *,
    secret: str = TOKEN_KEY,
    algorithm: str = "HS256",
    headers: dict[str, Any] | None = None,
    **claims: object,
) -> str:
    """A user token as a back end would make it, or with any of its claims changed (None leaves one out)."""
    now = int(time.time())
    every = {"sub": sub, "aud": "notifications", "iat": now, "exp": now + 60, **claims}
    kept = {name: value for name, value in every.items() if value is not None}
    return jwt.api_jws.encode(json.dumps(kept).encode(), secret, algorithm=algorithm, headers=headers)
