"""The start page in a real browser, on a development server of its own."""

import os
import re
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
    expect(page.locator('.connection[data-state="live"]')).to_have_count(4)
    yield page
    page.close()
    assert not problems


def device(page, name, user="Alice"):
    return page.get_by_role("article", name=f"{name} of {user}")


def fire(page, scenario, user="Alice"):
    page.get_by_role("group", name=f"Something happens to {user}").get_by_role("button", name=scenario).click()


@pytest.mark.parametrize("scenario", ["classic", "chat", "shop", "ci"])
def test_every_scenario_arrives_live_on_both_devices_and_on_no_other(page, scenario):
    before = device(page, "Laptop", "Alice").locator(".count").inner_text()
    unread = int(device(page, "Phone", "Bob").locator(".unread").inner_text())
    fire(page, scenario, "Bob")
    for name in ("Laptop", "Phone"):
        expect(device(page, name, "Bob").locator(".unread")).to_have_text(str(unread + 1))
    assert device(page, "Laptop", "Alice").locator(".count").inner_text() == before


def test_a_storm_is_counted_exactly(page):
    unread = int(device(page, "Phone").locator(".unread").inner_text())
    fire(page, "storm")
    for name in ("Laptop", "Phone"):
        expect(device(page, name).locator(".unread")).to_have_text(str(unread + 100))


def test_reading_on_one_device_shows_on_the_other(page):
    fire(page, "classic")
    expect(device(page, "Phone").locator(".latest li").first).not_to_have_attribute("data-read", "")
    device(page, "Laptop").get_by_role("button", name=re.compile("Notifications")).click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("u")
    expect(device(page, "Phone").locator(".latest li").first).to_have_attribute("data-read", "")


def test_a_device_that_was_cut_off_catches_up(page):
    cut, unread = device(page, "Phone").get_by_role("switch"), device(page, "Phone").locator(".unread")
    cut.click()
    expect(device(page, "Phone").get_by_role("status").first).to_have_text("cut off")
    before = unread.inner_text()
    fire(page, "shop")
    expect(device(page, "Laptop").locator(".unread")).to_have_text(str(int(before) + 1))
    assert unread.inner_text() == before
    cut.click()
    expect(unread).to_have_text(str(int(before) + 1))


def test_the_bell_at_the_top_is_a_plain_one_with_toasts(page):
    fire(page, "ci")
    expect(page.locator("nav notification-inbox .toast")).to_be_visible()


def test_markup_in_a_title_is_shown_as_text(page):
    page.evaluate(
        """() => fetch('/notifications/', {
            method: 'POST', credentials: 'omit', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({title: '<img src=x onerror=boom()>', identifier: 'MESSAGE', user_id: 123}),
        })"""
    )
    expect(device(page, "Phone").get_by_text("<img src=x onerror=boom()>", exact=True)).to_be_visible()
    assert page.locator("li img").count() == 0


def test_the_snippet_of_the_page_prints_what_arrives(page):
    printed = []
    page.on("console", lambda message: printed.append(message.args[0].json_value()) if message.type == "log" else None)
    page.evaluate(page.locator("pre").filter(has_text="new WebSocket").inner_text())
    _until(page, lambda: any(frame["type"] == "snapshot" for frame in printed))
    fire(page, "classic")
    _until(page, lambda: any(frame["type"] == "changes" for frame in printed))
    [item] = next(frame for frame in printed if frame["type"] == "changes")["items"]
    assert item["user_id"] == 123


def _until(page, condition, *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)
