"""``manage.py runserver`` where another program listens already."""

from __future__ import annotations

import socket

import pytest

from tests.house.commands import python

DEVELOPMENT = {"DJANGO_SETTINGS_MODULE": "notification_engine.settings.development"}


@pytest.mark.parametrize("options", [["--noreload"], []], ids=["without the reloader", "with the reloader"])
def test_a_taken_port_ends_it_with_one_line_that_names_another(options: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = python("manage.py", "runserver", *options, str(port), **DEVELOPMENT)
    assert ended.returncode == 1
    assert ended.stdout == ""
    [line] = ended.stderr.splitlines()
    assert line.startswith(f"CommandError: Cannot listen on 127.0.0.1:{port}: Address already in use. Another port: ")
    assert "`make run PORT=" in line
