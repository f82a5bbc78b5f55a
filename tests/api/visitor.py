"""Somebody who sends requests: the cast of these tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

HI = {"title": "Hi", "identifier": "MESSAGE", "user_id": "alice"}
TRANSACTION = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "SET LOCAL")


class Visitor:
    """``headers`` go with every request; a session lives in ``client``. Nothing is raised: the answer tells."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        self.headers = headers

    def send(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Any:
        """``body`` is sent as JSON, ``raw`` as it is; ``Content_Type`` and other headers by keyword."""
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        content_type = names.pop("Content-Type", "application/json" if content else "")
        return self.client.generic(method, path, content, content_type, headers=names)

    def get(self, path: str, **headers: str) -> Any:
        return self.send("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.send("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.send("DELETE", path, **headers)

    def log_in(self, user: Any) -> None:
        self.client.force_login(user)

    def create(self, **fields: Any) -> dict[str, Any]:
        """A new notification, for alice unless told otherwise."""
        answer = self.post("/notifications/", {**HI, **fields})
        assert answer.status_code == 201, answer.content
        created: dict[str, Any] = answer.json()
        return created


def problem(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of a problem document, which must be a whole one."""
    body = json.loads(answer.content)
    assert answer["Content-Type"] == "application/problem+json", answer["Content-Type"]
    assert list(body) == ["type", "title", "status", "code", "detail", "errors"]
    assert body["status"] == answer.status_code
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["code"]


def errors(answer: HttpResponse) -> list[tuple[str, str]]:
    """The fields and codes of a 400."""
    assert problem(answer) == (400, "invalid")
    found = json.loads(answer.content)["errors"]
    assert all(list(error) == ["field", "code", "detail"] and error["detail"] for error in found)
    return [(error["field"], error["code"]) for error in found]


@contextmanager
def statements(number: int) -> Iterator[None]:
    """Exactly so many statements, besides authentication and those that only bound the transaction."""
    with CaptureQueriesContext(connection) as captured:
        yield
    made = [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(TRANSACTION) and "notifications_apikey" not in query["sql"]
    ]
    assert len(made) == number, "\n".join(made)
