"""One HTTP request, over a connection of its own that anything may happen to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

PATIENCE_SECONDS = 5


class Unknown(Exception):
    """Whether it was done is not known: no answer, or one that says to try again."""


async def request(
    address: str,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: Mapping[str, str],
    form: Mapping[str, object] | None = None,
    seconds: float = PATIENCE_SECONDS,
) -> tuple[int, Any]:
    """The status, and the body (JSON if it is any); raises Unknown."""
    kind, data = "application/json", b"" if body is None else json.dumps(body).encode()
    if form is not None:
        kind, data = "application/x-www-form-urlencoded", urlencode(form, doseq=True).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(data)}"]
    if data:
        lines.append(f"Content-Type: {kind}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    try:
        async with asyncio.timeout(seconds):
            head, raw = await _exchange(address, "\r\n".join([*lines, "", ""]).encode() + data)
    except (OSError, EOFError, TimeoutError, ValueError) as problem:
        raise Unknown(type(problem).__name__) from None
    status = int(head[9:12])
    if status == 503 or (status == 500 and path.startswith("/admin/")):  # Django's page while the database is away
        raise Unknown(str(status))
    try:
        return status, json.loads(raw)
    except ValueError:
        return status, raw


async def _exchange(address: str, message: bytes) -> tuple[bytes, bytes]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return head, await reader.readexactly(length)
    except StopIteration:
        raise ValueError("no length") from None
    finally:
        writer.close()
