"""The bell in a page of a project with sessions, where sockets do not get through."""

import os
import shutil
import time

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.host.test_embedding import NOTIFY

CHROMIUM = shutil.which("chromium")
BLOCKED = """
const Real = WebSocket;
window.WebSocket = class extends Real { constructor(url, protocols) { super('ws://127.0.0.1:9/', protocols); } };
"""
INBOX = "document.querySelector('notification-inbox')"

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("needs a browser: apt-get install chromium", allow_module_level=True)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=["tag", "plain"])
def page(request, browser, address, people):
    """A page with alice's bell: written by the template tag, or by hand so that it reads the CSRF cookie itself."""
    context = browser.new_context()
    context.add_init_script(BLOCKED)
    assert context.request.post(f"http://{address}/login", form={"username": "alice", "password": "pw"}).ok
    page = context.new_page()
    page.goto(f"http://{address}/bell/{request.param}")
    yield page
    context.close()


def test_it_polls_and_its_writes_carry_the_csrf_token(page, shop, address):
    writes = []
    page.on("response", lambda response: response.request.method == "POST" and writes.append(response))
    until(page, lambda: page.evaluate(f"{INBOX}.connection") == "polling")
    shop.python(NOTIFY.format(name="alice", title="By REST alone"))
    toast = page.locator("notification-inbox .toast")
    expect(toast).to_contain_text("By REST alone", timeout=20_000)
    toast.get_by_role("button", name="By REST alone").first.click()
    until(page, lambda: not page.evaluate(f"{INBOX}.client.store.ops.length") and writes)
    assert [(write.status, bool(write.request.headers.get("x-csrftoken"))) for write in writes] == [(200, True)]
    inbox = page.context.request.get(f"http://{address}/inbox/notifications/me").json()
    assert [(row["title"], row["is_read"]) for row in inbox["results"]][:1] == [("By REST alone", True)]
    assert page.evaluate(f"{INBOX}.connection") == "polling"


def until(page, condition, *, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s"
        page.wait_for_timeout(25)
