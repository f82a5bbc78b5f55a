"""The admin's log-in: so many attempts a minute from an address, and none beyond is worth a hash."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from notifications.api import rates

LOG_IN = "/admin/login/"


@pytest.fixture(autouse=True)
def _one_window(db: None, monkeypatch: Any) -> None:
    """Nothing is counted yet, and the clock stands 15 seconds before the end of a minute."""
    cache.clear()
    monkeypatch.setattr(rates.time, "time", lambda: 60_000_000 * 60 + 45.0)


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", password="pw")


def attempt(password: str = "guess", *, name: str = "root", **meta: str) -> Any:
    return Client().post(LOG_IN, {"username": name, "password": password}, **meta)


def attempts(number: int, **given: Any) -> list[int]:
    return [attempt(**given).status_code for _ in range(number)]


def test_the_eleventh_attempt_within_a_minute_is_refused(root: User) -> None:
    assert attempts(10) == [200] * 10
    refused = attempt("pw")
    assert (refused.status_code, refused["Retry-After"]) == (429, "15")
    assert refused.content == b"Too many attempts to log in; try again in 15 s."


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_a_refused_attempt_hashes_no_password(root: User, name: str, monkeypatch: Any) -> None:
    hashed: list[str] = []

    def encode(self: object, password: str, salt: str) -> str:
        hashed.append(password)
        return "md5$salt$hash"

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    attempts(10, name=name)
    assert len(hashed) == 10
    assert attempts(5, name=name) == [429] * 5
    assert len(hashed) == 10


def test_another_address_may_go_on(root: User) -> None:
    assert attempts(11)[-1] == 429
    assert attempt("pw", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_behind_a_proxy_the_forwarded_address_counts(root: User, options: Any) -> None:
    options(TRUSTED_PROXIES=1)
    assert attempts(11, HTTP_X_FORWARDED_FOR="6.6.6.6, 203.0.113.9")[-1] == 429
    assert attempt("pw", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 429
    assert attempt("pw", HTTP_X_FORWARDED_FOR="203.0.113.10").status_code == 302


def test_the_form_is_shown_however_often_it_is_asked_for(root: User) -> None:
    assert {Client().get(LOG_IN).status_code for _ in range(11)} == {200}
    assert attempts(11)[-1] == 429
    assert 'name="password"' in Client().get(LOG_IN).content.decode()


def test_a_good_attempt_within_the_rate_leads_to_the_admin(root: User) -> None:
    attempts(9)
    client = Client()
    assert client.post(LOG_IN, {"username": "root", "password": "pw"}).status_code == 302
    assert client.get("/admin/").status_code == 200
