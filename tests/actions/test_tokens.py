"""User tokens: which key proves one, and for how long."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import jwt
import pytest

from notifications.actions import tokens
from notifications.actions.tokens import mint_token, read_token
from notifications.checks import check_options
from notifications.exceptions import NotAuthenticated

FIRST, SECOND = "f" * 40, "s" * 40


@pytest.fixture(autouse=True)
def keys(settings: Any) -> dict[str, str]:
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "TOKEN_KEYS": {"first": FIRST, "second": SECOND}}
    found: dict[str, str] = settings.NOTIFICATIONS["TOKEN_KEYS"]
    return found


def signed(secret: str, kid: str | None) -> str:
    now = int(time.time())
    claims = {"sub": "alice", "aud": tokens.AUDIENCE, "iat": now, "exp": now + 60}
    return jwt.encode(claims, secret, algorithm=tokens.ALGORITHM, headers={} if kid is None else {"kid": kid})


@pytest.mark.parametrize(("secret", "kid"), [(FIRST, "first"), (SECOND, "second"), (FIRST, None), (SECOND, None)])
def test_the_key_that_is_named_proves_it_or_any_when_none_is(secret: str, kid: str | None) -> None:
    assert read_token(signed(secret, kid)).user_id == "alice"


@pytest.mark.parametrize(
    ("secret", "kid"), [(FIRST, "second"), (SECOND, "first"), (FIRST, "third"), (FIRST, ""), ("x" * 40, "first")]
)
def test_no_other_key_proves_it(secret: str, kid: str) -> None:
    with pytest.raises(NotAuthenticated):
        read_token(signed(secret, kid))


def test_two_names_of_one_secret_are_two_keys(settings: Any) -> None:
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "TOKEN_KEYS": {"old": FIRST, "new": FIRST}}
    assert read_token(signed(FIRST, "new")).user_id == "alice"


def test_what_was_proven_is_not_proven_again(monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = mint_token("bob", 60)
    asked: list[object] = []
    verify = jwt.decode_complete
    monkeypatch.setattr(jwt, "decode_complete", lambda *args, **how: asked.append(args) or verify(*args, **how))
    assert {read_token(token) for _ in range(3)} == {read_token(token)}
    assert len(asked) == 1


def test_it_ends_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    token, ends = mint_token("alice", 60)
    for seconds, is_good in ((-1, True), (0, False), (1, False)):
        now = ends.timestamp() + seconds
        monkeypatch.setattr(tokens, "time", SimpleNamespace(time=lambda now=now: now))
        if is_good:
            assert read_token(token).user_id == "alice"
        else:
            with pytest.raises(NotAuthenticated, match="expired"):
                read_token(token)


def test_it_ends_with_its_key(settings: Any) -> None:
    token, _ = mint_token("alice", 60)
    assert read_token(token).user_id == "alice"
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "TOKEN_KEYS": {"second": SECOND}}
    with pytest.raises(NotAuthenticated):
        read_token(token)


@pytest.mark.parametrize(
    "keys", [{2026: FIRST}, {"first": FIRST, 7: SECOND}, {"first": 10**40}, {"first": b"f" * 40}, [FIRST]]
)
def test_keys_that_sign_nothing_are_refused(settings: Any, keys: object) -> None:
    settings.NOTIFICATIONS = {"TOKEN_KEYS": keys}
    assert [problem.id for problem in check_options(None)] == ["notifications.E002"]
    settings.NOTIFICATIONS = {"TOKEN_KEYS": {"first": FIRST, "second": SECOND}}
    assert check_options(None) == []
