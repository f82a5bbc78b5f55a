"""Older notifications come as one scrolls."""

import re

from playwright.sync_api import expect

SCROLL = "list => { list.scrollTop = list.scrollHeight; }"


def a_long_inbox(shop, user):
    body = [{"user_id": user, "title": f"Number {n}", "identifier": "storm"} for n in range(180)]
    shop.ask("POST", "/batch", notifications=body)


def test_older_ones_come_as_one_scrolls(shop, user, visit):
    a_long_inbox(shop, user)
    page = visit().is_live().open()
    expect(page.items).to_have_count(50)
    page.until(lambda: page.panel.locator(".lists").evaluate(SCROLL) or page.items.count() == 180)
    titles = page.items.locator(".title").all_inner_texts()
    assert titles == [f"Number {n}" for n in reversed(range(180))]


def test_older_ones_come_for_who_never_leaves_the_end(shop, user, visit):
    a_long_inbox(shop, user)
    page = visit().is_live().open()
    expect(page.items).to_have_count(50)
    # What comes is scrolled past before the browser has drawn it: the end is seen in every frame.
    page.panel.locator(".lists").evaluate("""list => {
        const end = () => { list.scrollTop = list.scrollHeight; };
        new MutationObserver(end).observe(list, { childList: true, subtree: true });
        end();
    }""")
    expect(page.items).to_have_count(180)


def test_older_ones_come_before_the_end_is_seen(shop, user, visit):
    a_long_inbox(shop, user)
    page = visit().is_live().open()
    expect(page.items).to_have_count(50)
    page.panel.locator(".lists").evaluate("list => { list.scrollTop = list.scrollHeight - list.clientHeight - 250; }")
    expect(page.items).to_have_count(100)


def test_a_page_of_another_epoch_is_asked_for_once(shop, user, visit):
    a_long_inbox(shop, user)
    page, asked = visit(), []

    def other(route):
        asked.append(route.request.url)
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"epoch": "another"})

    page.page.route(re.compile(rf"/notifications/{user}\?limit=50$"), other)
    page.is_live().open()
    page.panel.locator(".lists").evaluate(SCROLL)
    expect(page.panel.locator(".more")).to_have_text("Try again")
    assert len(asked) == 1


def test_older_ones_come_as_one_scrolls_on_a_low_screen_and_not_before(shop, user, visit):
    a_long_inbox(shop, user)
    page = visit()
    page.page.set_viewport_size({"width": 800, "height": 400})
    page.is_live().open()
    expect(page.items).to_have_count(50)
    page.page.wait_for_timeout(500)
    assert page.items.count() == 50
    page.until(lambda: page.panel.evaluate(SCROLL) or page.items.count() == 180)
