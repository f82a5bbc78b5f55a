"""The start page in a real browser, on a development server of its own."""

import os
import shutil
import subprocess
import sys
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.house.commands import ROOT
from tests.servers import clean_environment, free_port, running

CHROMIUM = shutil.which("chromium")

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("needs a browser: apt-get install chromium", allow_module_level=True)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A migrated development server on a free port."""
    directory = tmp_path_factory.mktemp("start-page")
    port = free_port()
    environment = clean_environment(DATABASE_URL=f"sqlite:///{directory / 'development.sqlite3'}")
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], cwd=ROOT, env=environment, check=True, timeout=60)
    server = [*manage, "runserver", "--noreload", str(port)]
    with running(server, port=port, environment=environment, directory=ROOT, log=directory / "server.log"):
        yield f"localhost:{port}"


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    page = browser.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.goto(f"http://{address}/")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    yield page
    page.close()
    assert not problems


def test_a_button_makes_a_notification_that_arrives_live(page):
    page.get_by_role("button", name="Subscription expiring", exact=True).click()
    expect(page.get_by_text("Your subscription expires in 7 days").first).to_be_visible()
    expect(page.get_by_text("New: Subscription Expiring Soon")).to_be_visible()


def test_two_windows_agree_on_what_is_read(page, browser, address):
    page.get_by_role("button", name="Message received", exact=True).click()
    button = page.get_by_role("button", name="Mark read: New Message Received").first
    expect(button).to_be_visible()
    other = browser.new_page()
    other.goto(f"http://{address}/")
    row = other.get_by_role("listitem").filter(has_text="New Message Received").first
    expect(row.get_by_role("button", name="Mark read")).to_be_visible()
    button.click()
    expect(row.get_by_role("button", name="Mark unread")).to_be_visible()
    expect(other.locator("#unread")).to_have_text(page.locator("#unread").inner_text())
    other.close()


def test_markup_in_a_title_is_shown_as_text(page):
    page.evaluate(
        """() => fetch('/notifications/', {
            method: 'POST', credentials: 'omit', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({title: '<img src=x onerror=boom()>', identifier: 'MESSAGE', user_id: 123}),
        })"""
    )
    expect(page.get_by_text("<img src=x onerror=boom()>", exact=True)).to_be_visible()
    assert page.locator("li img").count() == 0


def test_the_snippet_of_the_page_prints_what_arrives(page):
    printed = []
    page.on("console", lambda message: printed.append(message.args[0].json_value()) if message.type == "log" else None)
    page.evaluate(page.locator("pre").filter(has_text="new WebSocket").inner_text())
    _until(page, lambda: any(frame["type"] == "snapshot" for frame in printed))
    page.get_by_role("button", name="Profile setup complete", exact=True).click()
    _until(page, lambda: any(frame["type"] == "changes" for frame in printed))
    [item] = next(frame for frame in printed if frame["type"] == "changes")["items"]
    assert item["title"] == "Profile Setup Complete"


def _until(page, condition, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
