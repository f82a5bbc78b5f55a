"""Minting user tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.api.visitor import Visitor, errors, problem


def test_a_minted_token_opens_the_inbox_of_its_user(shop: Visitor) -> None:
    answer = shop.post("/notifications/tokens", {"user_id": 123})
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == ["token", "expires_at"]
    visitor = Visitor(Authorization=f"Bearer {body['token']}")
    assert visitor.get("/notifications/me").json()["user_id"] == 123
    assert problem(visitor.get("/notifications/124")) == (403, "permission_denied")


@pytest.mark.parametrize(("asked", "seconds"), [({}, 3600), ({"ttl_seconds": 30}, 30), ({"ttl_seconds": 86400}, 86400)])
def test_a_token_lasts_as_long_as_asked(shop: Visitor, asked: dict[str, int], seconds: int) -> None:
    body = shop.post("/notifications/tokens", {"user_id": "alice", **asked}).json()
    left = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=seconds - 5) < left <= timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, ("user_id", "required")),
        ({"user_id": "me"}, ("user_id", "invalid")),
        ({"user_id": 0}, ("user_id", "invalid")),
        ({"user_id": None}, ("user_id", "invalid")),
        ({"user_id": True}, ("user_id", "invalid")),
        ({"user_id": 1, "ttl_seconds": 29}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "ttl_seconds": 86401}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "ttl_seconds": "60"}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "ttl_seconds": 60.0}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "ttl_seconds": True}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "ttl_seconds": None}, ("ttl_seconds", "invalid")),
        ({"user_id": 1, "exp": 5}, ("exp", "unknown_field")),
    ],
    ids=str,
)
def test_a_bad_request_for_a_token_is_refused(shop: Visitor, body: Any, error: tuple[str, str]) -> None:
    assert errors(shop.post("/notifications/tokens", body)) == [error]


def test_without_a_token_key_the_answer_says_what_is_missing(shop: Visitor, options: Any) -> None:
    options(TOKEN_KEYS={})
    answer = shop.post("/notifications/tokens", {"user_id": 1})
    assert problem(answer) == (503, "unavailable")
    assert "NOTIFICATIONS_TOKEN_KEYS" in answer.json()["detail"]
