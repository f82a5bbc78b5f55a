"""A lane that has learned what Django's answers look like."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from notifications import notify
from notifications.actions.tokens import mint_token
from notifications.models import APIKey
from tests.api.express.lanes import Asked, Lanes, undone

HI = {"title": "Hi", "identifier": "MESSAGE", "user_id": "alice"}


@pytest.fixture
def key() -> str:
    return APIKey.objects.issue("test", scopes=["create", "read", "update", "tokens"])[1]


@pytest.fixture
def token() -> str:
    return mint_token("alice", 3600)[0]


@pytest.fixture
def _open_connection() -> Iterator[None]:
    """Requests leave the connection of the test open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def lanes(key: str, monkeypatch: Any, _open_connection: None) -> Lanes:
    lanes = Lanes(monkeypatch)
    headers = {"Authorization": f"Bearer {key}"}
    with undone():
        pk = notify("alice", title="Hi", identifier="MESSAGE").pk
        for method, path, body in (
            ("POST", "/notifications/", HI),
            ("POST", "/notifications/batch", {"notifications": [HI]}),
            ("PUT", f"/notifications/{pk}", None),
            ("GET", "/notifications/alice", None),
            ("GET", "/notifications/alice/counts", None),
            ("GET", "/notifications/alice/changes", None),
        ):
            raw = b"" if body is None else json.dumps(body).encode()
            asked = Asked(method=method, path=path, raw=raw, headers=headers)
            first = lanes.ask(asked)
            assert first.status in (200, 201), first
            assert not first.is_express
            assert lanes.ask(asked).is_express
    return lanes


@pytest.fixture
def create(key: str) -> Any:
    """A request that creates a notification."""

    def make(user_id: str = "alice", *, credential: str = key, **fields: Any) -> Asked:
        body = {"user_id": user_id, "title": "Hi", "identifier": "MESSAGE", **fields}
        headers = {"Authorization": f"Bearer {credential}"}
        return Asked(method="POST", path="/notifications/", raw=json.dumps(body).encode(), headers=headers)

    return make


@pytest.fixture
def batch(key: str) -> Any:
    def make(*user_ids: str) -> Asked:
        items = [{"user_id": user_id, "title": "Hi", "identifier": "MESSAGE"} for user_id in user_ids]
        headers = {"Authorization": f"Bearer {key}"}
        raw = json.dumps({"notifications": items}).encode()
        return Asked(method="POST", path="/notifications/batch", raw=raw, headers=headers)

    return make


@pytest.fixture
def read(key: str) -> Any:
    """A request that reads."""

    def make(path: str, *, credential: str = key) -> Asked:
        return Asked(method="GET", path=f"/notifications/{path}", headers={"Authorization": f"Bearer {credential}"})

    return make
