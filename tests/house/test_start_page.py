"""The start page: a demonstration in development, nothing in production."""

import re
from html import unescape
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "notification_engine" / "static" / "notification_engine"
SNIPPET = (
    "const ws = new WebSocket('ws://localhost:8000/notifications/ws/123'); "
    "ws.addEventListener('message', e => console.log(JSON.parse(e.data)));"
)


@pytest.fixture
def page(client, settings):
    settings.DEBUG = True
    answer = client.get("/", headers={"Host": "localhost:8000"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_there_is_none_in_production(client):
    # DEBUG is off in tests, as in production.
    assert client.get("/").status_code == 404


def test_it_shows_the_snippet_for_the_console(page):
    assert SNIPPET in unescape(page)


def test_its_lines_use_the_host_of_the_visitor(client, settings):
    settings.DEBUG = True
    page = client.get("/", headers={"Host": "127.0.0.1:8001"}).content.decode()
    assert "ws://127.0.0.1:8001/notifications/ws/123" in page
    assert "localhost" not in page


def test_it_says_so_when_development_mode_is_closed(page):
    assert "Development mode is closed" in page


def test_it_works_under_a_strict_content_security_policy(page):
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_its_script_writes_text_and_never_html():
    script = (STATIC / "start.js").read_text()
    assert "textContent" in script
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", script)
