"""Handshakes nobody should try: queries, paths, hosts and origins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.device import device
from tests.hostile.arena import Arena, token

BAD_QUERIES = [
    *("since=", "since=abc", "since=-1", "since=1.5", "since=1e3", "since=+1", "since=%201", "since=0x1"),
    *("since=9223372036854775808", "since=" + "9" * 4000, "since=%D9%A1", "since=%00", "since=null", "since=true"),
    *("limit=0", "limit=101", "limit=-1", "limit=abc", "limit=", "limit=%EF%BC%91"),
    *("ack=2", "ack=true", "ack=", "ack=01", "epoch=" + "x" * 65),
]


@pytest.mark.parametrize("query", BAD_QUERIES, ids=lambda query: query[:30])
async def test_a_bad_query_is_4400(arena: Arena, query: str) -> None:
    async with device(f"{arena.url()}?{query}", token=token()) as mallory:
        assert await mallory.ends() == 4400
        assert mallory.frames[0]["type"] == "bye"
    await arena.check_canary()


GOOD_QUERIES = {
    "": "snapshot",
    "since=0": "changes",
    "since=0&epoch=": "changes",
    "limit=100&ack=1": "snapshot",
    "ack=0": "snapshot",
    "colour=red": "snapshot",
    "%00=%00&&=&a=b=c": "snapshot",
    "since=%30": "changes",
}


@pytest.mark.parametrize(("query", "answer"), GOOD_QUERIES.items(), ids=GOOD_QUERIES)
async def test_a_harmless_query_is_served(arena: Arena, query: str, answer: str) -> None:
    async with device(f"{arena.url('/notifications/ws/quiet')}?{query}", token=token("quiet")) as quiet:
        await quiet.until(lambda: len(quiet.frames) == 2)
        assert quiet.frames[1]["type"] == answer


async def test_a_cursor_from_elsewhere_is_a_snapshot(arena: Arena) -> None:
    for query, reason in (("since=5&epoch=of-another", "epoch"), (f"since={2**63 - 1}", "regressed")):
        async with device(f"{arena.url()}?{query}", token=token()) as mallory:
            assert (await mallory.frame("snapshot"))["reason"] == reason


UNKNOWN_PATHS = [
    *(
        "/",
        "/notifications",
        "/notifications/ws",
        "/notifications/ws/",
        "/notifications/ws/a/b",
        "/notifications/mallory",
    ),
    *("/notifications/ws//", "/notifications/wsx/mallory", "/ws/mallory", "/admin/", "/api/docs", "/" + "x" * 4000),
    *("/notifications/ws/a%2Fb", "/NOTIFICATIONS/ws/mallory", "/notifications/ws/mallory/../mallory/x"),
]


@pytest.mark.parametrize("path", UNKNOWN_PATHS, ids=lambda path: path[:40])
async def test_an_unknown_path_is_refused_at_the_handshake(arena: Arena, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with device(arena.url(path), token=token()):
            pass
    assert refused.value.response.status_code == 403
    await arena.check_canary()


NOT_MINE = [
    *("alice", "123", "MALLORY", "mallory%20", "%00", "%FF", "%ED%A0%80", "1_0", "0", "-1", "batch", "schema", "ws"),
    *("%D9%A1", "x" * 65, "x" * 4000, "..", "%2e%2e", "mallory%0a", "mallory%3Bx", "'", "%F0%9F%94%94"),
]


@pytest.mark.parametrize("user_id", NOT_MINE, ids=lambda user_id: user_id[:30])
async def test_another_inbox_is_4403(arena: Arena, user_id: str) -> None:
    path = f"/notifications/ws/{user_id}"
    async with device(arena.url(path), token=token()) as mallory:
        assert await mallory.ends() == 4403
        assert [frame["type"] for frame in mallory.frames] == ["bye"]
    await arena.check_canary()


ORIGINS = [
    "http://evil.example",
    "null",
    "file://",
    "https://{address}",
    "http://{host}:1",
    "http://{host}.evil.example",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("with_cookie", [False, True], ids=["token", "cookie"])
async def test_a_foreign_origin_is_refused_at_the_handshake(
    arena: Arena, cookie: str, origin: str, with_cookie: bool
) -> None:
    address = arena.server.address
    options: dict[str, Any] = {"origin": origin.format(address=address, host=address.split(":")[0])}
    options |= {"additional_headers": {"Cookie": cookie}} if with_cookie else {"token": token()}
    with pytest.raises(InvalidStatus) as refused:
        async with device(arena.url(), **options):
            pass
    assert refused.value.response.status_code == 403
    await arena.check_canary()


async def _status(arena: Arena, *headers: str) -> int:
    """What a handshake with these headers is answered, as they are written; 0 when it is cut."""
    lines = [
        "GET /notifications/ws/mallory HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {'A' * 22}==",
        *headers,
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", arena.server.port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        async with asyncio.timeout(10):
            line = await reader.readline()
            return int(line.split()[1]) if line else 0
    finally:
        writer.close()


HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", "a b"]


@pytest.mark.parametrize("host", HOSTS)
async def test_a_foreign_host_is_refused_at_the_handshake(arena: Arena, host: str) -> None:
    """A DNS name that was rebound to this address."""
    assert await _status(arena, f"Host: {host}", f"Authorization: Bearer {token()}") == 403
    await arena.check_canary()


@pytest.mark.parametrize("offered", ["notifications.v1, bearer.\xff\xfe", "\xe9", "notifications.v1, bearer.%FF%00"])
async def test_a_sub_protocol_outside_ascii_is_no_fault_of_ours(arena: Arena, offered: str) -> None:
    """Uvicorn refuses what no browser can send; under Daphne it is a bad credential on an open socket (4401)."""
    expected = 400 if arena.kind == "serve" and not offered.isascii() else 101
    assert await _status(arena, f"Host: {arena.server.address}", f"Sec-WebSocket-Protocol: {offered}") == expected
    await arena.check_canary()


@pytest.mark.parametrize("header", ["X-Large", "Sec-WebSocket-Protocol", "Authorization", "Cookie"])
async def test_a_header_that_is_too_large_is_refused_and_not_left_hanging(arena: Arena, header: str) -> None:
    assert await _status(arena, f"Host: {arena.server.address}", f"{header}: {'x' * 20_000}") in (0, 431)
    await arena.check_canary()
