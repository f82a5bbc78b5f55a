"""What the service writes to its log: lines or JSON, with the request's id, without what people wrote."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from notification_engine.settings.logs import JSONFormatter, LineFormatter, logging_settings
from notifications.trace import Trace, current
from tests.house.commands import PRODUCTION, python

SHOW = "import json; from django.conf import settings; print(json.dumps(settings.LOGGING, default=str))"
DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "notification_engine.settings.development"}


def record(message: str = "Something %s.", *args: Any, name: str = "notifications", error: Any = None) -> Any:
    return logging.LogRecord(name, logging.WARNING, "file.py", 1, message, args, error)


@pytest.fixture
def traced() -> Any:
    token = current.set(Trace("abc-1"))
    yield
    current.reset(token)


def test_a_line_of_json_holds_what_machines_ask_for(traced: None) -> None:
    line = json.loads(JSONFormatter().format(record("Something %s.", "happened")))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING", "logger": "notifications", "message": "Something happened.", "request_id": "abc-1"
    }  # fmt: skip


def test_a_line_for_people_holds_the_id_where_there_is_one(traced: None) -> None:
    assert LineFormatter().format(record("Hello")).endswith(" WARNING notifications [abc-1]: Hello")
    current.set(None)
    assert LineFormatter().format(record("Hello")).endswith(" WARNING notifications: Hello")


def test_a_line_of_json_stays_one_line_whatever_the_message_holds() -> None:
    assert len(JSONFormatter().format(record("a\nb\u2028c\x00")).splitlines()) == 1


def test_what_libraries_attach_to_a_record_is_not_written() -> None:
    attached = record("Bad Request")
    attached.request = "<ASGIRequest: GET '/x?token=secret'>"
    assert "secret" not in JSONFormatter().format(attached)


@pytest.mark.parametrize("formatter", [JSONFormatter(), LineFormatter()], ids=["json", "line"])
def test_a_traceback_holds_neither_variables_nor_what_the_database_repeats(formatter: logging.Formatter) -> None:
    body = f"{1}-what-somebody-wrote"  # the source of the line stands in the traceback

    def fail() -> None:
        try:
            raise ValueError(f"violates a constraint\nDETAIL:  Failing row contains (1,\n{body}).")
        except ValueError as problem:
            raise RuntimeError("again") from problem

    try:
        fail()
    except RuntimeError:
        text = formatter.format(record(error=sys.exc_info()))
    assert "ValueError: violates a constraint" in text
    assert "RuntimeError: again" in text
    assert body not in text


@pytest.mark.parametrize(
    ("variables", "form", "access"),
    [
        (PRODUCTION, "json", "20"),
        (PRODUCTION | {"LOG_FORMAT": "line"}, "line", "20"),
        (PRODUCTION | {"LOG_LEVEL": "WARNING"}, "json", "30"),
        (DEVELOPMENT, "line", "30"),
        (DEVELOPMENT | {"LOG_FORMAT": "json", "LOG_LEVEL": "INFO"}, "json", "20"),
    ],
)
def test_form_and_request_lines_follow_the_variables(variables: dict[str, str], form: str, access: str) -> None:
    found = json.loads(python("-c", SHOW, **variables).stdout)
    assert found["handlers"]["console"]["formatter"] == form
    assert str(found["loggers"]["notifications.access"]["level"]) == access
    replaces_runserver = variables["DJANGO_SETTINGS_MODULE"].endswith("development") and "LOG_LEVEL" in variables
    assert ("django.channels.server" in found["loggers"]) == replaces_runserver


def test_a_form_nobody_knows_stops_the_start() -> None:
    ended = python("-c", SHOW, **(PRODUCTION | {"LOG_FORMAT": "xml"}))
    assert ended.returncode != 0
    assert ended.stderr.startswith("Refusing to start: ")
    assert "LOG_FORMAT" in ended.stderr
    assert "Must be line or json." in ended.stderr


def test_not_even_debug_writes_statements_with_their_values() -> None:
    loggers = logging_settings(form="line", level=logging.DEBUG, access=logging.DEBUG)["loggers"]
    assert loggers["django.db.backends"]["level"] > logging.DEBUG


def test_a_refused_host_is_one_warning_and_no_traceback() -> None:
    code = """
import django; django.setup()
from django.test import Client
assert Client(raise_request_exception=False).get("/admin/", headers={"host": "x" * 9000}).status_code == 400
"""
    [line] = python("-c", code, **PRODUCTION).stderr.splitlines()
    told = json.loads(line)
    assert (told["level"], told["logger"]) == ("WARNING", "django.security.DisallowedHost")
    assert told["message"].startswith("Invalid HTTP_HOST header: 'xxx")
    assert len(told["message"]) <= 300
    assert "traceback" not in told
