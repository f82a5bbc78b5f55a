"""Prints every notification of user 123 as it comes. Needs only `pip install websockets`, and a server: `make run`.

The frames are described in docs/protocol.md. This is the least that works; `notifications.client.InboxClient` also
comes back after a dropped link without losing or repeating anything.
"""

import asyncio
import json
from contextlib import suppress

from websockets.asyncio.client import connect

URL = "ws://localhost:8000/notifications/ws/123"
TOKEN = None  # an API key or a user token; a development server needs none on the same machine


async def main() -> None:
    protocols = ["notifications.v1", f"bearer.{TOKEN}"] if TOKEN else None
    last = 0
    async with connect(URL, subprotocols=protocols) as socket:
        async for text in socket:
            for item in sorted(json.loads(text).get("items", []), key=lambda item: item["id"]):
                if item["id"] > last and not item.get("deleted") and not item["is_read"]:
                    print(f"{item['identifier']}: {item['title']} - {item['description']}", flush=True)
                last = max(last, item["id"])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
