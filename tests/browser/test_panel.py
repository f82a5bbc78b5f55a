"""The panel says what is going on: empty, loading, cut off, failed; and how long ago it was."""

import re

import pytest
from playwright.sync_api import expect

BLOCKED = "window.WebSocket = class extends WebSocket { constructor() { super('ws://127.0.0.1:9/'); } };"

RUNNING = """{
const intervals = new Set(), signals = new Set();
const { setInterval, clearInterval, EventTarget: { prototype } } = window, { addEventListener } = prototype;
window.setInterval = (...given) => { const id = setInterval(...given); intervals.add(id); return id; };
window.clearInterval = (id) => { clearInterval(id); intervals.delete(id); };
prototype.addEventListener = function (type, hear, options) {
  if (options?.signal) signals.add(options.signal);
  addEventListener.call(this, type, hear, options);
};
window.running = () => [intervals.size, [...signals].filter(({ aborted }) => !aborted).length];
}"""


def test_an_empty_list_says_which_one_is_empty(user, visit):
    page = visit().is_live().open()
    for tab, words in (
        ("All", "You are all caught up."), ("Unread", "Nothing unread."), ("Archived", "Nothing archived."),
    ):  # fmt: skip
        page.panel.get_by_role("tab", name=tab).click()
        expect(page.panel.locator(".empty")).to_have_text(words)
    expect(page.panel.locator(".notice").first).to_be_empty()


def test_before_the_server_has_answered_it_is_loading_not_empty(shop, user, visit, device):
    browser = device()
    browser.add_init_script("window.WebSocket = class extends EventTarget { close() {} };")  # opens for ever
    page = visit(on=browser).open()
    expect(page.panel.locator(".empty")).to_have_text("Loading…")
    expect(page.panel.get_by_role("tabpanel")).to_have_attribute("aria-busy", "true")
    expect(page.panel.locator(".notice").first).to_have_text("Connecting…")


def test_without_any_connection_nothing_is_claimed(shop, user, visit, device):
    browser = device()
    browser.add_init_script(BLOCKED)
    browser.route("**/notifications/*?**", lambda route: route.abort())
    page = visit(on=browser)
    page.forgives = True
    page.until(lambda: page.get("connection") == "offline", seconds=20)
    page.open()
    expect(page.panel.locator(".notice").first).to_contain_text("No connection.")
    expect(page.panel.locator(".empty")).to_be_hidden()


def test_what_was_stored_is_shown_before_there_is_a_connection(shop, user, visit, device):
    shop.send(user, "Kept")
    browser = device()
    page = visit(on=browser).is_live()
    page.until(lambda: page.stored_seq() == page.get("client.store.seq"))
    page.forgives = True
    page.page.add_init_script(BLOCKED)
    browser.route("**/notifications/*?**", lambda route: route.abort())
    page.page.reload()
    expect(page.page.locator("notification-inbox .badge")).to_have_text("1")
    page.open()
    expect(page.items).to_contain_text("Kept")
    assert page.get("connection") != "live"


def test_an_older_page_that_fails_can_be_asked_for_again(shop, user, visit):
    body = [{"user_id": user, "title": f"Number {n}", "identifier": "storm"} for n in range(60)]
    shop.ask("POST", "/batch", notifications=body)
    page = visit().is_live()
    page.forgives = True
    page.page.route("**/notifications/*?limit=50*", lambda route: route.abort())
    page.open()
    end = page.panel.locator(".lists")
    end.evaluate("list => { list.scrollTop = list.scrollHeight; }")
    again = page.panel.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    page.page.unroute("**/notifications/*?limit=50*")
    again.click()
    expect(page.items).to_have_count(60)


@pytest.fixture
def just_now(shop, user, visit):
    """A page with a clock of its own and an open panel, and the time of the row that has just come."""
    shop.send(user)
    page = visit().is_live()
    page.page.clock.install()
    page.open()
    time = page.items.locator("time")
    expect(time).to_have_text("now")
    return page, time


def test_how_long_ago_keeps_itself_current(just_now):
    page, time = just_now
    page.page.clock.run_for(5 * 60_000)
    expect(time).to_have_text("5 minutes ago")
    expect(time).to_have_attribute("datetime", re.compile(r"^\d{4}-.*Z$"))


def test_how_long_ago_is_current_when_the_panel_opens_again(just_now):
    page, time = just_now
    page.page.keyboard.press("Escape")
    page.page.clock.run_for(2 * 3600_000)
    page.open()
    assert time.inner_text() == "2 hours ago"


def test_an_open_panel_that_is_taken_away_leaves_nothing_running(user, visit):
    page = visit(script=RUNNING).is_live().open()
    assert all(page.page.evaluate("running()"))
    page.get("remove()")
    assert page.page.evaluate("running()") == [0, 0]


@pytest.mark.parametrize(("width", "height", "is_sheet"), [(1280, 800, False), (400, 800, True), (1280, 400, True)])
def test_on_a_small_screen_the_panel_is_a_sheet(shop, user, visit, device, width, height, is_sheet):
    page = visit(on=device(viewport={"width": width, "height": height}, reduced_motion="reduce")).is_live().open()
    box, bell = page.panel.bounding_box(), page.button.bounding_box()
    at_the_bottom = (box["x"], box["width"], box["y"] + box["height"]) == (0, width, height)
    assert at_the_bottom is is_sheet
    assert is_sheet or box["y"] >= bell["y"] + bell["height"]
