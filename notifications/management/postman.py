"""The Postman collection (format 2.1), made from the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {
    "baseUrl": "http://localhost:8000",
    "token": "",
    "userId": "123",
    "notificationId": "1",
    "announcementId": "1",
    "topic": "news",
}
SAFE_ID = "userId"
UNSAFE_ID = "notificationId"
"""``/notifications/{id}``: a user to GET, a notification to the other methods."""
ANNOUNCEMENT_ID = "announcementId"
HEADERS = {"Idempotency-Key": "{{$guid}}", "If-None-Match": ""}
SERVICE = (("/api/schema", "OpenAPI document"), ("/healthz", "Alive?"), ("/readyz", "Ready?"), ("/metrics", "Metrics"))
"""What the service answers besides the documented API."""

# A script and not Postman's own bearer authorization: while the variable is empty no header may be sent at all.
SIGN = [
    "const token = pm.variables.get('token');",
    "if (token) pm.request.headers.upsert({key: 'Authorization', value: 'Bearer ' + token});",
]


def collection(document: Mapping[str, Any]) -> dict[str, Any]:
    """A folder for each tag, a request for each operation; the same document makes the same collection."""
    folders: dict[str, list[dict[str, Any]]] = {}
    for tag, request in _requests(document):
        folders.setdefault(tag, []).append(request)
    folders["service"] = [_item(name, "GET", path, query=[], headers=[]) for path, name in SERVICE]
    description = f"{document['info']['description']}\nSet the variable token to an API key or a user token."
    return {
        "info": {"name": document["info"]["title"], "description": description, "schema": FORMAT},
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in VARIABLES.items()],
        "event": [{"listen": "prerequest", "script": {"type": "text/javascript", "exec": SIGN}}],
        "item": [{"name": name, "item": items} for name, items in folders.items()],
    }


def _requests(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield operation["tags"][0], _request(method, path, operation)


def _request(method: str, path: str, operation: Mapping[str, Any]) -> dict[str, Any]:
    parameters = operation.get("parameters", [])
    query = [_optional(one) for one in parameters if one["in"] == "query"]
    headers = [_optional(one) for one in parameters if one["in"] == "header"]
    variable = ANNOUNCEMENT_ID if "/announcements/" in path else SAFE_ID if method == "get" else UNSAFE_ID
    target = path.replace("{id}", f"{{{{{variable}}}}}")
    target = target.replace("{user_id}", f"{{{{{SAFE_ID}}}}}").replace("{topic}", "{{topic}}")
    item = _item(operation["summary"], method.upper(), target, query=query, headers=headers)
    if "requestBody" in operation:
        example = next(iter(operation["requestBody"]["content"]["application/json"]["examples"].values()))["value"]
        text = json.dumps(example, indent=2, ensure_ascii=False)
        item["request"]["header"].insert(0, {"key": "Content-Type", "value": "application/json"})
        item["request"]["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    return item


def _item(
    name: str, method: str, path: str, *, query: list[dict[str, Any]], headers: list[dict[str, Any]]
) -> dict[str, Any]:
    url: dict[str, Any] = {"raw": f"{{{{baseUrl}}}}{path}", "host": ["{{baseUrl}}"], "path": path[1:].split("/")}
    if query:
        url["query"] = query
    return {"name": name, "request": {"method": method, "header": headers, "url": url}, "response": []}


def _optional(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """Offered, but not sent until somebody ticks it."""
    name = parameter["name"]
    described = {"description": parameter["description"]} if parameter.get("description") else {}
    value = HEADERS.get(name) or str(parameter.get("schema", {}).get("default", ""))
    return {"key": name, "value": value, **described, "disabled": True}
