"""The cast: alice and bob are users of the product, charlie is nobody, root is staff, shop is a back end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache

from notifications.actions.tokens import mint_token
from notifications.models import APIKey
from tests.api.visitor import Visitor


@pytest.fixture(autouse=True)
def _nothing_before(db: None) -> None:
    """The database, and no rate counted yet."""
    cache.clear()


@pytest.fixture
def back_end() -> Callable[..., Visitor]:
    """A back end with an API key of these scopes."""

    def make(*scopes: str) -> Visitor:
        return Visitor(Authorization=f"Bearer {APIKey.objects.issue('test', scopes=scopes)[1]}")

    return make


@pytest.fixture
def user() -> Callable[[str], Visitor]:
    """A user of the product, by token."""
    return lambda user_id: Visitor(Authorization=f"Bearer {mint_token(user_id, 60)[0]}")


@pytest.fixture
def shop(back_end: Callable[..., Visitor]) -> Visitor:
    return back_end("create", "read", "update", "tokens")


@pytest.fixture
def alice(user: Callable[[str], Visitor]) -> Visitor:
    return user("alice")


@pytest.fixture
def bob(user: Callable[[str], Visitor]) -> Visitor:
    return user("bob")


@pytest.fixture
def charlie() -> Visitor:
    return Visitor()


@pytest.fixture
def root() -> Visitor:
    """A superuser with a session, who sends the CSRF token."""
    return _with_session(get_user_model().objects.create_superuser("root", password="pw"))


@pytest.fixture
def walter() -> Visitor:
    """Logged in, and nothing more."""
    return _with_session(get_user_model().objects.create_user("walter", password="pw"))


def _with_session(account: Any) -> Visitor:
    token = "c" * 32
    visitor = Visitor(X_CSRFToken=token)
    visitor.log_in(account)
    visitor.client.cookies["csrftoken"] = token
    return visitor
