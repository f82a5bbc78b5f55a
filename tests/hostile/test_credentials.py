"""Credentials that prove nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable

import jwt
import pytest

from tests.device import device
from tests.hostile.arena import Arena, token
from tests.service import TOKEN_KEY, Service


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
