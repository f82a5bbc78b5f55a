"""Every error is a problem document, whoever raised it, and tells nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import AsyncClient, RequestFactory

from notifications.api import notifications, problems
from notifications.api.middleware import ProblemMiddleware
from tests.api.visitor import HI, Visitor, problem

SECRET = "postgres://engine:hunter2@db"


def broken(error: Exception) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_what_nobody_foresaw_is_logged_and_not_told(shop: Visitor, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr(notifications, "create", broken(ZeroDivisionError(SECRET)))
    answer = shop.post("/notifications/", HI)
    assert problem(answer) == (500, "internal_error")
    assert "hunter2" not in answer.content.decode()
    assert any(record.exc_info and record.name == "notifications.api" for record in caplog.records)


@pytest.mark.parametrize("error", [OperationalError(SECRET), InterfaceError(SECRET)])
def test_without_its_database_it_says_when_to_return(shop: Visitor, monkeypatch: Any, error: Exception) -> None:
    monkeypatch.setattr(notifications, "create", broken(error))
    answer = shop.post("/notifications/", HI)
    assert problem(answer) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert "hunter2" not in answer.content.decode()


def test_without_its_database_it_cannot_even_say_who_is_asking(shop: Visitor, monkeypatch: Any) -> None:
    monkeypatch.setattr("notifications.api.authentication.authenticate_header", broken(OperationalError()))
    assert problem(shop.get("/notifications/")) == (503, "unavailable")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadRequest(), (400, "bad_request")),
        (SuspiciousOperation(), (400, "bad_request")),
        (MultiPartParserError(), (400, "bad_request")),
        (UnreadablePostError(), (400, "bad_request")),
        (PermissionDenied(), (403, "permission_denied")),
        (Http404("x"), (404, "not_found")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exceptions_of_django_become_problems(shop: Visitor, monkeypatch: Any, error: Exception, expected: Any) -> None:
    monkeypatch.setattr(notifications, "create", broken(error))
    assert problem(shop.post("/notifications/", HI)) == expected


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    "path", ["/notifications/a/b", "/notifications//", "/notifications/a/counts/x", "/api", "/api/x"]
)
def test_an_unknown_path_is_a_problem(shop: Visitor, settings: Any, debug: bool, path: str) -> None:
    settings.DEBUG = debug
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        assert problem(shop.send(method, path)) == (404, "not_found")


def test_an_unknown_path_asks_nobody_to_log_in(charlie: Visitor, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert problem(charlie.get("/notifications/a/b")) == (404, "not_found")
    assert problem(charlie.get("/notifications/me")) == (401, "not_authenticated")


@pytest.mark.parametrize("path", ["/nothing", "/notificationsx", "/apis"])
def test_other_paths_keep_djangos_pages(shop: Visitor, path: str) -> None:
    answer = shop.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("path", ["/notifications/", "/api/schema"])
def test_an_unknown_host_is_a_problem_without_a_traceback(
    shop: Visitor, settings: Any, caplog: Any, debug: bool, path: str
) -> None:
    settings.DEBUG = debug
    for host in ("evil.example", "a b", "localhost:x", "[::1", "localhost@evil"):
        answer = shop.get(path, Host=host)
        assert problem(answer) == (400, "bad_request"), host
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("PUT", "/notifications/", "GET, HEAD, POST"),
    ("DELETE", "/notifications", "GET, HEAD, POST"),
    ("OPTIONS", "/notifications/", "GET, HEAD, POST"),
    ("TRACE", "/notifications/", "GET, HEAD, POST"),
    ("NONSENSE", "/notifications/", "GET, HEAD, POST"),
    ("GET", "/notifications/batch", "POST"),
    ("HEAD", "/notifications/tokens/", "POST"),
    ("DELETE", "/notifications/tokens", "POST"),
    ("POST", "/notifications/5", "GET, HEAD, PUT, PATCH, DELETE"),
    ("OPTIONS", "/notifications/5", "GET, HEAD, PUT, PATCH, DELETE"),
    ("POST", "/notifications/5/counts", "GET, HEAD"),
    ("DELETE", "/notifications/5/changes", "GET, HEAD"),
    ("GET", "/notifications/5/mark", "POST"),
])  # fmt: skip
def test_a_method_that_is_not_there_is_405_for_everybody(
    shop: Visitor, charlie: Visitor, method: str, path: str, allowed: str
) -> None:
    for visitor in (shop, charlie):
        answer = visitor.send(method, path)
        if method == "HEAD":
            assert answer.status_code == 405
        else:
            assert problem(answer) == (405, "method_not_allowed")
        assert answer["Allow"] == allowed


def test_every_path_answers_with_and_without_its_slash(shop: Visitor) -> None:
    pk = shop.create()["id"]
    for method, path, body in [
        ("GET", "/notifications", None),
        ("POST", "/notifications", HI),
        ("GET", "/notifications/alice", None),
        ("PUT", f"/notifications/{pk}", None),
        ("PATCH", f"/notifications/{pk}", {"is_seen": True}),
        ("GET", "/notifications/alice/counts", None),
        ("GET", "/notifications/alice/changes", None),
        ("POST", "/notifications/alice/mark", {"action": "read"}),
        ("POST", "/notifications/batch", {"notifications": [HI]}),
        ("POST", "/notifications/tokens", {"user_id": 1}),
        ("GET", "/api/schema", None),
        ("GET", "/api/docs", None),
        ("GET", "/healthz", None),
        ("GET", "/readyz", None),
        ("GET", "/metrics", None),
    ]:
        for ending in ("", "/"):
            assert shop.send(method, path + ending, body).status_code in (200, 201), (method, path + ending)


# --- the middleware and the handlers


def translated(status: int, path: str = "/notifications/x", **headers: str) -> HttpResponse:
    page = HttpResponse("<h1>Traceback</h1>", status=status, headers=headers)
    answer: Any = ProblemMiddleware(lambda request: page)(RequestFactory().get(path))
    return answer


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 418, 500, 503])
def test_the_middleware_turns_pages_into_problems(status: int) -> None:
    answer = translated(status)
    assert problem(answer)[0] == status
    assert b"Traceback" not in answer.content


def test_the_middleware_keeps_what_the_status_needs() -> None:
    page = HttpResponseNotAllowed(["GET"])
    page["Retry-After"] = "5"
    page.set_cookie("a", "b")
    answer: Any = ProblemMiddleware(lambda request: page)(RequestFactory().get("/notifications/"))
    assert (answer["Allow"], answer["Retry-After"], answer.cookies["a"].value) == ("GET", "5", "b")
    assert int(answer["Content-Length"]) == len(answer.content)


@pytest.mark.parametrize(("status", "path"), [(200, "/notifications/"), (302, "/api/x"), (404, "/"), (500, "/admin/")])
def test_the_middleware_leaves_the_rest_alone(status: int, path: str) -> None:
    assert translated(status, path).content == b"<h1>Traceback</h1>"


def test_a_project_may_choose_other_prefixes() -> None:
    class Ours(ProblemMiddleware):
        prefixes = ("/inbox/notifications",)

    page = HttpResponse("page", status=404)
    answer: Any = Ours(lambda request: page)(RequestFactory().get("/inbox/notifications/x"))
    assert problem(answer) == (404, "not_found")
    assert Ours(lambda request: page)(RequestFactory().get("/notifications/x")) is page


async def test_the_middleware_stays_async() -> None:
    answer = await AsyncClient().get("/api/nothing")
    assert problem(answer) == (404, "not_found")


@pytest.mark.parametrize(
    ("handler", "arguments", "status"),
    [
        (problems.bad_request, (SuspiciousOperation(),), 400),
        (problems.permission_denied, (PermissionDenied(),), 403),
        (problems.not_found, (Http404(),), 404),
        (problems.server_error, (), 500),
    ],
)
def test_the_handlers_of_the_service(handler: Any, arguments: Any, status: int) -> None:
    def request(path: str) -> HttpRequest:
        return RequestFactory().get(path)

    assert problem(handler(request("/notifications/x"), *arguments))[0] == status
    page = handler(request("/admin/x"), *arguments)
    assert (page.status_code, page["Content-Type"].split(";")[0]) == (status, "text/html")


def test_outside_the_views_a_missing_database_is_503_as_well() -> None:
    try:
        raise OperationalError
    except OperationalError:
        answer = problems.server_error(RequestFactory().get("/notifications/"))
    assert problem(answer) == (503, "unavailable")


def test_a_problem_is_utf_8_json(shop: Visitor) -> None:
    answer = shop.post("/notifications/", {**HI, "ünknown": 1})
    assert json.loads(answer.content.decode())["errors"][0]["field"] == "ünknown"
