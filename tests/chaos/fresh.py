"""A fresh look over REST, as a new device or a person takes it: pages, counts and all changes are the database's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from notifications.client import Replica
from tests.chaos.rest import request

EVERY = 500


async def differences(address: str, headers: Mapping[str, str], user: str, inbox: Mapping[str, Any]) -> list[str]:
    """What REST says of an inbox and the database does not."""

    async def get(path: str) -> Any:
        status, body = await request(address, "GET", path, headers=headers, seconds=20)
        assert status == 200, f"{path}: {status} {body}"
        return body

    base = f"/notifications/{quote(user, safe='')}"
    rows = {row["id"]: row for row in inbox["rows"]}
    active = [row for row in reversed(inbox["rows"]) if row["archived_at"] is None]
    found = []
    listed, path = [], f"{base}?limit=100"
    while path:
        page = await get(path)
        listed += page["results"]
        path = "?".join(urlsplit(page["next"])[2:4]) if page["next"] else ""
    if listed != active:
        found.append(f"{user}: REST lists {len(listed)} that are not the {len(active)} of the database")
    counts = await get(f"{base}/counts")
    if any(counts[name] != inbox[name] for name in ("epoch", "seq", "unread", "unseen")):
        found.append(f"{user}: REST counts {counts}")
    replica = Replica(capacity=len(rows) + 1)
    replica.epoch = inbox["epoch"]
    while replica.seq < inbox["seq"]:
        page = await get(f"{base}/changes?since={replica.seq}&limit={EVERY}")
        replica.apply({**page, "type": "changes"})
    if replica.items != rows:
        found.append(f"{user}: all changes together are not what the database holds")
    return found
