"""Rate limits: per address before anything else, then per key or per user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextvars import Context
from typing import Any

import pytest
from django.core.cache import cache

from notifications.actions.tokens import mint_token
from notifications.api import rates
from notifications.api.rates import address_of
from notifications.checks import check_options
from notifications.conf import parse_rate
from tests.api.visitor import HI, Visitor, problem
from tests.chaos.processes import Redis


@pytest.fixture(autouse=True)
def _one_window(monkeypatch: Any) -> None:
    """The clock stands 15 seconds before the end of a minute."""
    monkeypatch.setattr(rates.time, "time", lambda: 60_000_000 * 60 + 45.0)


def limited(answer: Any) -> bool:
    if answer.status_code != 429:
        return False
    assert problem(answer) == (429, "throttled")
    assert answer["Retry-After"] == "15"
    return True


def test_one_address_is_limited_before_it_is_known(charlie: Visitor, options: Any) -> None:
    options(RATE_LIMITS={"address": "3/min"})
    answers = [charlie.get("/notifications/", Authorization=f"Bearer guess{n}") for n in range(5)]
    assert [limited(answer) for answer in answers] == [False, False, False, True, True]


def test_another_address_is_another_count(charlie: Visitor, options: Any) -> None:
    options(RATE_LIMITS={"address": "1/min"})
    assert not limited(charlie.get("/notifications/"))
    assert limited(charlie.get("/notifications/"))
    charlie.client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    assert not limited(charlie.get("/notifications/"))


def test_the_next_window_begins_at_nothing(charlie: Visitor, options: Any, monkeypatch: Any) -> None:
    options(RATE_LIMITS={"address": "1/min"})
    charlie.get("/notifications/")
    assert limited(charlie.get("/notifications/"))
    monkeypatch.setattr(rates.time, "time", lambda: 60_000_001 * 60 + 1.0)
    assert not limited(charlie.get("/notifications/"))


def test_a_key_is_limited_wherever_it_comes_from(shop: Visitor, back_end: Any, options: Any) -> None:
    options(RATE_LIMITS={"key": "2/min", "user": "1/min"})
    for number in range(3):
        shop.client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        assert limited(shop.post("/notifications/", HI)) == (number == 2)
    assert not limited(back_end("create").post("/notifications/", HI))


def test_a_user_is_limited_with_every_token(alice: Visitor, bob: Visitor, options: Any) -> None:
    options(RATE_LIMITS={"user": "2/min", "key": "1/min"})
    assert not limited(alice.get("/notifications/me"))
    assert not limited(alice.get("/notifications/me"))
    assert limited(Visitor(Authorization=f"Bearer {mint_token('alice', 90)[0]}").get("/notifications/me"))
    assert not limited(bob.get("/notifications/me"))


def test_none_lifts_a_limit(shop: Visitor, options: Any) -> None:
    options(RATE_LIMITS={"key": None, "address": None})
    assert [key for key in range(5) if limited(shop.get("/notifications/"))] == []


def test_development_is_limited_by_address_only(settings: Any, options: Any) -> None:
    settings.DEBUG = True
    options(DEV_OPEN=True, RATE_LIMITS={"key": "0/min", "user": "0/min", "address": "1/min"})
    developer = Visitor(Host="localhost")
    assert developer.get("/notifications/").status_code == 200
    assert limited(developer.get("/notifications/"))


def test_when_the_cache_is_away_requests_pass_and_the_log_says_so_once(
    shop: Visitor, options: Any, monkeypatch: Any, caplog: Any
) -> None:
    options(RATE_LIMITS={"address": "1/min"})
    asked = []
    clock = [1000.0]
    monkeypatch.setattr(rates.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(rates, "_ask_again_at", None)

    def away(*_: object, **__: object) -> None:
        asked.append(clock[0])
        raise ConnectionError("no cache")

    with monkeypatch.context() as patch:
        patch.setattr(cache, "incr", away)
        assert [shop.get("/notifications/").status_code for _ in range(3)] == [200] * 3
        clock[0] += rates.AWAY_SECONDS
        assert [shop.get("/notifications/").status_code for _ in range(3)] == [200] * 3
    assert asked == [1000.0, 1000.0 + rates.AWAY_SECONDS], "a cache that hangs would cost each request its time-out"
    assert [record.levelno for record in caplog.records if record.name == "notifications.api"] == [logging.WARNING]
    clock[0] += rates.AWAY_SECONDS
    assert shop.get("/notifications/").status_code == 200
    assert limited(shop.get("/notifications/"))


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "counted"),
    [
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.1", "6.6.6.6,203.0.113.9,10.0.0.2", "203.0.113.9"),
        (2, "10.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1", None, "10.0.0.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "203.0.113.9, nonsense", "10.0.0.1"),
        (0, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "", None, "-"),
    ],
)
def test_the_address_is_what_the_outermost_trusted_proxy_saw(
    options: Any, proxies: int, peer: str, forwarded: str | None, counted: str
) -> None:
    options(TRUSTED_PROXIES=proxies)
    meta = {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    assert address_of(meta) == counted


@pytest.mark.parametrize(
    ("text", "rate"), [("600/min", (600, 60)), ("5/s", (5, 1)), ("1/hour", (1, 3600)), ("9/d", (9, 86400))]
)
def test_a_rate_is_a_number_per_period(text: str, rate: tuple[int, int]) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "rates", [{"key": "many"}, {"key": 5}, {"key": "5/fortnight"}, {"other": "5/min"}, ["5/min"]], ids=str
)
def test_a_rate_that_is_none_stops_the_start(options: Any, rates: Any) -> None:
    options(RATE_LIMITS=rates)
    assert [problem.id for problem in check_options(None)] == ["notifications.E002"]


def test_good_rates_start(options: Any) -> None:
    options(RATE_LIMITS={"key": None, "user": "5/s", "address": "100000/hour"})
    assert check_options(None) == []


@pytest.fixture
async def redis(settings: Any) -> AsyncIterator[Redis]:
    """A cache on Redis that counts, with one request for ``rate`` counted."""
    server = Redis()
    server.start()
    try:
        settings.CACHES = {
            "default": {
                "BACKEND": "django.core.cache.backends.redis.RedisCache",
                "LOCATION": f"redis://127.0.0.1:{server.port}/0",
            }
        }
        async with asyncio.timeout(10):
            while await asyncio.to_thread(rates._count, {"rate": (1, 60)}) == [0]:
                rates._ask_again_at = None  # it has just been started
                await asyncio.sleep(0.02)
        yield server
    finally:
        server.kill()


async def test_counting_on_redis_opens_no_connection_for_each_request(redis: Redis) -> None:
    async def connections() -> int:
        answer = (await redis.command("INFO", "stats")).decode()
        return int(answer.partition("total_connections_received:")[2].split()[0])

    before = await connections()
    for number in range(2, 7):
        assert Context().run(rates._count, {"rate": (1, 60)}) == [number]
    assert await connections() == before + 1  # our own question


async def test_a_count_on_redis_ends_with_its_window(redis: Redis) -> None:
    assert rates._count({"rate": (2, 60), "other": (5, 1)}) == [3, 5]
    assert rates._count({"rate": (1, 999), "other": (1, 1)}) == [4, 6]  # the first of the window said when
    assert 0 < int((await redis.command("TTL", ":1:rate")).decode().strip(":\r\n")) <= 60
    async with asyncio.timeout(5):
        while b":1" in await redis.command("EXISTS", ":1:other"):
            await asyncio.sleep(0.05)
