"""The OpenAPI document is valid, complete, and tells the truth: schemathesis compares it with the live service."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from notifications.api.schema import get_document
from tests.api.visitor import Visitor

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = 40
OPERATIONS = {
    ("get", "/notifications/"),
    ("post", "/notifications/"),
    ("get", "/notifications/{id}"),
    ("put", "/notifications/{id}"),
    ("patch", "/notifications/{id}"),
    ("delete", "/notifications/{id}"),
    ("get", "/notifications/{user_id}/counts"),
    ("get", "/notifications/{user_id}/changes"),
    ("post", "/notifications/{user_id}/mark"),
    ("post", "/notifications/batch"),
    ("post", "/notifications/tokens"),
    ("post", "/notifications/announcements"),
    ("get", "/notifications/announcements/{id}"),
    ("patch", "/notifications/announcements/{id}"),
    ("delete", "/notifications/announcements/{id}"),
    ("get", "/notifications/topics/{topic}/subscriptions"),
    ("put", "/notifications/topics/{topic}/subscriptions/{user_id}"),
    ("delete", "/notifications/topics/{topic}/subscriptions/{user_id}"),
    ("get", "/notifications/{user_id}/topics"),
}


def test_the_document_is_valid_openapi_3_1(client: Client) -> None:
    answer = client.get("/api/schema")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    document = json.loads(answer.content)
    assert document["openapi"] == "3.1.0"
    validate_schema(document)


def test_each_operation_stands_once_under_its_canonical_path() -> None:
    paths = get_document()["paths"]
    assert {(method, path) for path, item in paths.items() for method in item} == OPERATIONS


def test_making_it_warns_of_nothing(capsys: Any) -> None:
    get_document.cache_clear()
    get_document()
    assert capsys.readouterr().err == ""


def test_every_operation_is_explained_and_shown() -> None:
    for path, item in get_document()["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["security"] == [{"bearer": []}, {"session": []}]
            answers = operation["responses"]
            assert {"400", "401", "403", "429", "503"} <= set(answers)
            for status, answer in answers.items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"]
                elif status not in ("204", "304"):
                    assert answer["content"]["application/json"]["examples"], (method, path, status)
            if "requestBody" in operation:
                assert list(operation["requestBody"]["content"]) == ["application/json"]
                assert operation["requestBody"]["content"]["application/json"]["examples"]


def test_the_headers_are_told() -> None:
    paths = get_document()["paths"]
    for path in ("/notifications/", "/notifications/batch"):
        post = paths[path]["post"]
        assert [item["name"] for item in post["parameters"]] == ["Idempotency-Key"]
        assert "Idempotent-Replayed" in post["responses"]["201"]["headers"]
    inbox = paths["/notifications/{id}"]["get"]
    assert "If-None-Match" in [item["name"] for item in inbox["parameters"]]
    assert set(inbox["responses"]["200"]["headers"]) == set(inbox["responses"]["304"]["headers"]) == {"ETag"}


def test_every_route_of_rest_is_in_it() -> None:
    routes = {
        pattern.name
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "app_name", None) == "notifications"
        for pattern in resolver.url_patterns
        if pattern.name
    }
    assert len(routes) == len(get_document()["paths"])


def test_the_page_needs_no_internet(client: Client) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    text = page.content.decode()
    assert "swagger-ui-bundle.js" in text
    assert "http://" not in text
    assert "https://" not in text
    script = client.get("/api/docs?script=")
    assert "/api/schema" in script.content.decode()
    assert client.get("/api/docs", headers={"Accept": "application/json"}).status_code == 200


# --- against the live service


@pytest.fixture
def service(back_end: Any) -> tuple[Any, dict[str, str]]:
    """The service, some notifications in it, and a key that may do everything."""
    key: Visitor = back_end("admin")
    for user_id in (1, 123, "alice"):
        key.create(user_id=user_id)
    config = SchemathesisConfig()
    config.projects.default.generation.allow_x00 = False
    return schemathesis.openapi.from_wsgi("/api/schema", get_wsgi_application(), config=config), key.headers


def operation_of(schema: Any, method: str, path: str) -> Any:
    return schema[path][method]


def as_sent(value: Any) -> Any:
    """JSON Schema calls 5.0 an integer; the engine does not, and no schema can say so."""
    if isinstance(value, dict):
        return {name: as_sent(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_sent(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def is_beyond_a_schema(answer: Any) -> bool:
    """A 400 for what only a sentence can say: past or future, whose cursor it is, the size of data."""
    errors = json.loads(answer.content)["errors"]
    fields = {error["field"].rpartition(".")[2] for error in errors}
    return bool(errors) and fields <= {"expires_at", "cursor", "data", "is_seen"}


def examples(strategy: Any) -> Any:
    return lambda test: settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(given(strategy)(test))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_what_the_document_allows_is_done(service: Any, method: str, path: str) -> None:
    schema, headers = service

    @examples(operation_of(schema, method, path).as_strategy(GenerationMode.POSITIVE, headers=headers))
    def check(case: Any) -> None:
        case.body = as_sent(case.body)
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code != 400 or is_beyond_a_schema(answer), (case.body, answer.text)

    check()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS))
def test_what_the_document_forbids_is_refused(service: Any, method: str, path: str) -> None:
    schema, headers = service

    @examples(operation_of(schema, method, path).as_strategy(GenerationMode.NEGATIVE, headers=headers))
    def check(case: Any) -> None:
        case.validate_response(case.call(), checks=[*CHECKS, negative_data_rejection])

    check()
