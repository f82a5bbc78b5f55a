"""``postman_collection``: the file in the repository is current, and says all that REST can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.urls import Resolver404, resolve

from notifications.api.schema import get_document
from notifications.management.postman import collection
from tests.service import ROOT

Run = Callable[..., list[str]]
FILE = ROOT / "docs" / "postman_collection.json"


def requests(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in made["item"]:
        for item in folder["item"]:
            yield item["request"]


def filled(made: dict[str, Any], text: str) -> str:
    values = {variable["key"]: variable["value"] for variable in made["variable"]}
    return re.sub(r"{{(\w+)}}", lambda match: values[match[1]], text)


def test_the_file_in_the_repository_is_current(run: Run) -> None:
    run("postman_collection", "--output", FILE, "--check")


def test_every_operation_has_a_request() -> None:
    document = get_document()
    operations = [method for path in document["paths"].values() for method in path]
    made = [
        request
        for request in requests(collection(document))
        if not re.search(r"/(api|healthz|readyz|metrics)", request["url"]["raw"])
    ]
    assert sorted(request["method"] for request in made) == sorted(method.upper() for method in operations)


def test_every_address_leads_somewhere() -> None:
    made = collection(get_document())
    for request in requests(made):
        path = filled(made, request["url"]["raw"]).removeprefix("http://localhost:8000")
        try:
            view = resolve(path)
        except Resolver404:
            pytest.fail(path)
        assert view.url_name is not None, f"{path} is caught by the route for unknown paths"
        assert filled(made, "/".join([*request["url"]["host"], *request["url"]["path"]])).endswith(path)


def test_every_body_is_json_with_its_content_type() -> None:
    bodies = [request for request in requests(collection(get_document())) if "body" in request]
    assert {request["method"] for request in bodies} == {"POST", "PUT", "PATCH"}
    for request in bodies:
        assert isinstance(json.loads(request["body"]["raw"]), dict)
        assert {"key": "Content-Type", "value": "application/json"} in request["header"]


def test_the_prototypes_call_is_there() -> None:
    create = next(
        one
        for one in requests(collection(get_document()))
        if one["url"]["path"] == ["notifications", ""] and "body" in one
    )
    assert json.loads(create["body"]["raw"]) == {
        "title": "New Message Received",
        "description": "This is a new message from John Doe",
        "identifier": "MESSAGE",
        "user_id": 123,
    }


def test_a_user_is_read_and_a_notification_changed() -> None:
    ids = {
        one["method"]: one["url"]["path"][1]
        for one in requests(collection(get_document()))
        if len(one["url"]["path"]) == 2 and one["url"]["path"][1].startswith("{{")
    }
    assert ids == {
        "GET": "{{userId}}",
        "PUT": "{{notificationId}}",
        "PATCH": "{{notificationId}}",
        "DELETE": "{{notificationId}}",
    }


def test_nothing_optional_is_sent_unasked() -> None:
    for request in requests(collection(get_document())):
        assert all(one["disabled"] for one in request["url"].get("query", []))
        assert all(one.get("disabled") for one in request["header"] if one["key"] != "Content-Type")


def test_a_file_that_is_not_current_is_told_and_written_anew(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "collection.json"
    for text in (None, "{}"):
        if text is not None:
            file.write_text(text)
        with pytest.raises(CommandError, match="is not current"):
            run("postman_collection", "--output", file, "--check")
    run("postman_collection", "--output", file)
    run("postman_collection", "--output", file, "--check")


def test_a_place_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        run("postman_collection", "--output", tmp_path / "nowhere" / "collection.json")
