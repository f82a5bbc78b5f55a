"""Sockets under attack: each input gets its exact answer, and a canary is served after it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import jwt
import pytest
from websockets.exceptions import InvalidStatus

from tests.device import device
from tests.hostile.arena import Arena, token
from tests.hostile.frames import ERRORS, padded
from tests.service import TOKEN_KEY, Service

MAKE_KEY = "APIKey.objects.issue('canary', scopes=['admin'])[1]"
MAKE_SESSION = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
result = client.cookies["sessionid"].value
"""


@pytest.fixture(scope="module")
def closed_service(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    directory = tmp_path_factory.mktemp("hostile")
    shutil.copyfile(migrated_sqlite, directory / "service.sqlite3")
    return Service(directory, f"sqlite:///{directory}/service.sqlite3", closed=True)


@pytest.fixture(scope="module", params=["daphne", "uvicorn"])
def arena(request: pytest.FixtureRequest, closed_service: Service) -> Iterator[Arena]:
    with closed_service.outsider() as outsider:
        key = outsider.now(MAKE_KEY)
    with closed_service.server(request.param) as server:
        yield Arena(request.param, server, key)


@pytest.fixture(scope="module")
def cookie(closed_service: Service) -> str:
    """The session of an operator who may do everything."""
    with closed_service.outsider() as outsider:
        return f"sessionid={outsider.now(MAKE_SESSION)}"


# Frames -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "code", "command_id"), ERRORS.values(), ids=ERRORS)
async def test_a_bad_frame_gets_an_error_and_the_socket_stays(
    arena: Arena, text: str, code: str, command_id: object
) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(text)
        error = await mallory.frame("error")
        assert (error["code"], error["id"]) == (code, command_id)
        assert isinstance(error["detail"], str)
        await mallory.ask(type="ping")
        await mallory.frame("heartbeat")
    await arena.check_canary()


async def test_a_frame_of_16_kib_is_read(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(padded(16 * 1024))
        await mallory.frame("heartbeat")


async def test_a_command_in_many_pieces_is_one_command(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.connection.send(list('{"type":"ping"}'))
        await mallory.frame("heartbeat")


async def test_the_inbox_of_somebody_else_stays_as_it_is(arena: Arena, closed_service: Service) -> None:
    with closed_service.outsider() as outsider:
        theirs = await outsider.run("notify('alice', title='Mine', identifier='M').pk")
        before = await outsider.run("Inbox.objects.head('alice').seq")
        async with device(arena.url(), token=token()) as mallory:
            for verb in ("read", "seen", "archive", "delete"):
                await mallory.ask(type=verb, id=verb, ids=[theirs])
                assert (await mallory.frame("ok", id=verb))["changed"] == 0
        assert await outsider.run("Inbox.objects.head('alice').seq") == before


LARGE = 1024 * 1024
OURS = {"daphne": 4400, "uvicorn": 4400}
THEIRS = {"daphne": 1006, "uvicorn": 1007}
"""The protocol's own faults are the server's: Daphne drops the connection, Uvicorn says why."""
ENDINGS: dict[str, tuple[Callable[[Any], Any], dict[str, int]]] = {
    "bytes": (lambda socket: socket.send(b'{"type":"ping"}'), OURS),
    "no bytes": (lambda socket: socket.send(b""), OURS),
    "bytes in pieces": (lambda socket: socket.send([b"{", b"}"]), OURS),
    "a text that is not UTF-8": (lambda socket: socket.send(b"\xff\xfe", text=True), THEIRS),
    "a surrogate in UTF-8": (lambda socket: socket.send(b'"\xed\xa0\x80"', text=True), THEIRS),
}


@pytest.mark.parametrize(("send", "codes"), ENDINGS.values(), ids=ENDINGS)
async def test_what_is_no_text_ends_the_socket(arena: Arena, send: Callable[[Any], Any], codes: dict[str, int]) -> None:
    async with device(arena.url(), token=token()) as mallory:
        await mallory.frame("snapshot")
        await send(mallory.connection)
        assert await mallory.ends() == codes[arena.kind]
    await arena.check_canary()


@pytest.mark.parametrize("size", [LARGE, 2 * LARGE], ids=["1 MiB", "2 MiB"])
async def test_a_giant_frame_is_an_error_or_ends_the_socket(arena: Arena, size: int) -> None:
    """Daphne itself takes 1 MiB at most, Uvicorn 16 MiB; ``manage.py serve`` gives both a smaller bound."""
    async with device(arena.url(), token=token()) as mallory:
        await mallory.frame("snapshot")
        await mallory.connection.send("x" * size)
        if arena.kind == "daphne" and size > LARGE:
            assert await mallory.ends() == 1006
        else:
            assert (await mallory.frame("error"))["code"] == "too_large"
    await arena.check_canary()


async def test_ten_errors_in_a_row_end_the_socket(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        for _ in range(10):
            await mallory.connection.send("nonsense")
        assert await mallory.ends() == 4400
        assert len([frame for frame in mallory.frames if frame["type"] == "error"]) == 10
    await arena.check_canary()


async def test_a_flood_of_commands_ends_the_socket(arena: Arena) -> None:
    async with device(arena.url(), token=token()) as mallory:
        for _ in range(100):
            await mallory.ask(type="ping")
        assert await mallory.ends() == 4429
        assert mallory.frames[-1]["retry_after"]
    await arena.check_canary()


async def test_the_twenty_first_socket_is_turned_away(arena: Arena) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(20):
            one = await stack.enter_async_context(device(arena.url(), token=token()))
            await one.frame("snapshot")
        late = await stack.enter_async_context(device(arena.url(), token=token()))
        assert await late.ends() == 4429
        await arena.check_canary()


# Queries ------------------------------------------------------------------------------------------------------------

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


GOOD_QUERIES = [
    "",
    "since=0",
    "since=0&epoch=",
    "limit=100&ack=1",
    "ack=0",
    "colour=red",
    "%00=%00&&=&a=b=c",
    "since=%30",
]


@pytest.mark.parametrize("query", GOOD_QUERIES)
async def test_a_harmless_query_is_served(arena: Arena, query: str) -> None:
    async with device(f"{arena.url('/notifications/ws/quiet')}?{query}", token=token("quiet")) as quiet:
        await quiet.until(lambda: len(quiet.frames) == 2)
        assert quiet.frames[1]["type"] in ("snapshot", "changes")


async def test_a_cursor_from_elsewhere_is_a_snapshot(arena: Arena) -> None:
    for query, reason in (("since=5&epoch=of-another", "epoch"), (f"since={2**63 - 1}", "regressed")):
        async with device(f"{arena.url()}?{query}", token=token()) as mallory:
            assert (await mallory.frame("snapshot"))["reason"] == reason


# Paths, hosts and origins -------------------------------------------------------------------------------------------

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


HOSTS = ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", "a b"]


@pytest.mark.parametrize("host", HOSTS)
async def test_a_foreign_host_is_refused_at_the_handshake(arena: Arena, host: str) -> None:
    """A DNS name that was rebound to this address."""
    request = (
        f"GET /notifications/ws/mallory HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\nAuthorization: Bearer {token()}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", arena.server.port)
    writer.write(request.encode())
    assert (await reader.readline()).split()[1] == b"403"
    writer.close()
    await arena.check_canary()


# Credentials --------------------------------------------------------------------------------------------------------


def unsigned() -> str:
    now = int(time.time())
    return jwt.encode({"sub": "mallory", "aud": "notifications", "iat": now, "exp": now + 60}, None, algorithm="none")


def with_header(**header: object) -> str:
    """A token whose header says something else; the signature is the right one for what it says."""

    def part(value: object) -> bytes:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")

    now = int(time.time())
    signed = (
        part({"alg": "HS256", "typ": "JWT", **header})
        + b"."
        + part({"sub": "mallory", "aud": "notifications", "iat": now, "exp": now + 60})
    )
    signature = hmac.new(TOKEN_KEY.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


NOW = time.time
BAD_TOKENS: dict[str, Callable[[], str]] = {
    "a word": lambda: "word",
    "two dots": lambda: "..",
    "ten thousand dots": lambda: "." * 3000,
    "no signature at all": unsigned,
    "alg none, and signed": lambda: with_header(alg="none"),
    "alg RS256": lambda: with_header(alg="RS256"),
    "alg HS512, badly signed": lambda: with_header(alg="HS512"),
    "alg HS512, well signed": lambda: token(algorithm="HS512"),
    "alg HS384, well signed": lambda: token(algorithm="HS384"),
    "alg in small letters": lambda: with_header(alg="hs256"),
    "no alg": lambda: with_header(alg=None),
    "a critical extension": lambda: with_header(crit=["exp"]),
    "an unknown kid": lambda: with_header(kid="other"),
    "a kid that is a number": lambda: with_header(kid=1),
    "a kid that is a list": lambda: with_header(kid=["test"]),
    "a kid that is a path": lambda: with_header(kid="/dev/null"),
    "another key": lambda: token(secret="x" * 40),
    "a key of zeros": lambda: token(secret="\0" * 32),
    "a signature cut short": lambda: token()[:-4],
    "expired": lambda: token(exp=int(NOW()) - 1),
    "expired long ago": lambda: token(iat=0, exp=1),
    "no exp": lambda: token(exp=None),
    "exp a string": lambda: token(exp=str(int(NOW()) + 60)),
    "exp true": lambda: token(exp=True),
    "exp beyond a day": lambda: token(exp=int(NOW()) + 86_401),
    "exp of 400 digits": lambda: token(exp=10**400),
    "exp infinite": lambda: token(exp=float("inf")),
    "exp NaN": lambda: token(exp=float("nan")),
    "no iat": lambda: token(iat=None),
    "iat in the future": lambda: token(iat=int(NOW()) + 3600, exp=int(NOW()) + 7200),
    "iat a string": lambda: token(iat="0"),
    "iat NaN": lambda: token(iat=float("nan"), exp=int(NOW()) + 10**6),
    "iat long ago and exp in a year": lambda: token(iat=0, exp=int(NOW()) + 10**7),
    "iat of minus 400 digits": lambda: token(iat=-(10**400)),
    "no aud": lambda: token(aud=None),
    "another aud": lambda: token(aud="billing"),
    "aud a number": lambda: token(aud=5),
    "not valid yet": lambda: token(nbf=int(NOW()) + 3600),
    "no sub": lambda: token(None),
    "sub a number": lambda: token(123),
    "sub a list": lambda: token(["mallory"]),
    "sub empty": lambda: token(""),
    "sub reserved": lambda: token("me"),
    "sub with a line break": lambda: token("mallory\n"),
    "an unknown key of ours": lambda: "ntf_" + "x" * 43,
    "half a key of ours": lambda: "ntf_",
    "a key of 5,000 letters": lambda: "ntf_" + "x" * 5000,
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
async def test_a_bad_credential_is_4401(arena: Arena, make: Callable[[], str]) -> None:
    secret = make()
    async with device(arena.url(), token=secret) as mallory:
        assert await mallory.ends() == 4401
    async with device(arena.url(), additional_headers={"Authorization": f"Bearer {secret}"}) as mallory:
        assert await mallory.ends() == 4401
        assert [frame["type"] for frame in mallory.frames] == ["bye"]
    await arena.check_canary()


HEADERS = ["", "Bearer", "Bearer ", "Basic YTpi", "bearer\t", "Token x", "Bearer ä", "Bearer \x80\xff", "Bearer a b"]


@pytest.mark.parametrize("header", HEADERS)
async def test_a_bad_authorization_is_4401(arena: Arena, header: str) -> None:
    async with device(arena.url(), additional_headers={"Authorization": header}) as mallory:
        assert await mallory.ends() == 4401
    await arena.check_canary()


async def test_a_token_without_a_kid_and_one_with_it_are_both_good(arena: Arena) -> None:
    for headers in (None, {"kid": "test"}):
        async with device(arena.url(), token=token(headers=headers)) as mallory:
            await mallory.frame("snapshot")
            assert mallory.connection.subprotocol == "notifications.v1"


async def test_no_credential_is_read_from_the_query(arena: Arena) -> None:
    good = token()
    for query in (f"token={good}", f"access_token={good}", f"bearer={good}", f"authorization=Bearer%20{good}"):
        async with device(f"{arena.url()}?{query}") as mallory:
            assert await mallory.ends() == 4401


async def test_a_revoked_key_is_4401(arena: Arena, closed_service: Service) -> None:
    with closed_service.outsider() as outsider:
        key = await outsider.run("APIKey.objects.issue('short-lived', scopes=['read'])[1]")
        async with device(arena.url(), token=key) as mallory:
            await mallory.frame("snapshot")
        await outsider.run("APIKey.objects.get(name='short-lived').revoke()")
        async with device(arena.url(), token=key) as mallory:
            assert await mallory.ends() == 4401
        await outsider.run("APIKey.objects.filter(name='short-lived').delete()[0]")


async def test_a_session_needs_its_own_origin(arena: Arena, cookie: str) -> None:
    headers = {"Cookie": cookie}
    async with device(arena.url(), additional_headers=headers, origin=arena.origin) as root:
        await root.frame("snapshot")
    async with device(arena.url(), additional_headers=headers) as root:
        assert await root.ends() == 4401


BAD_COOKIES = [
    "sessionid=",
    "sessionid=x",
    "sessionid=" + "x" * 32,
    'sessionid="',
    "sessionid=\xff",
    "=;;=",
    "sessionid=" + "x" * 4000,
]


@pytest.mark.parametrize("value", BAD_COOKIES, ids=lambda value: ascii(value)[:30])
async def test_a_bad_cookie_is_4401(arena: Arena, value: str) -> None:
    async with device(arena.url(), additional_headers={"Cookie": value}, origin=arena.origin) as mallory:
        assert await mallory.ends() == 4401
    await arena.check_canary()
