"""WCAG 2.2 AA as far as a machine can tell, in every coat the bell wears."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

COATS = {
    "light": ({"color_scheme": "light"}, {}),
    "dark": ({"color_scheme": "dark"}, {}),
    "dark by attribute": ({"color_scheme": "light"}, {"theme": "dark"}),
    "right to left": ({}, {"page-lang": "ar", "page-dir": "rtl"}),
    "narrow": ({"viewport": {"width": 320, "height": 640}}, {}),
    "zoomed to 400 %": ({"viewport": {"width": 320, "height": 256}}, {}),
    "forced colours": ({"forced_colors": "active"}, {}),
    "Japanese": ({}, {"page-lang": "ja"}),
}


@pytest.fixture(params=COATS)
def page(shop, user, visit, device, request):
    """The shop with four notifications, one of each priority."""
    options, attributes = COATS[request.param]
    for priority in ("low", "normal", "high", "urgent"):
        shop.send(user, f"A {priority} one", description="With a sentence.", priority=priority, action_url="/x")
    return visit(on=device(reduced_motion="reduce", **options), identifiers="order.shipped", **attributes).is_live()


def violations(page) -> list[str]:
    found = Axe().run(page.page).response["violations"]
    return [f"{one['id']}: {[node['html'] for node in one['nodes']]}" for one in found]


def test_axe_finds_nothing(page, shop, user):
    assert violations(page) == []  # closed
    shop.send(user, "A new one", priority="urgent")
    expect(page.toasts).to_have_count(1)
    assert violations(page) == []  # with a toast
    page.open()
    expect(page.items).to_have_count(5)
    assert violations(page) == []  # open
    page.panel.locator(".menu-button").nth(1).click()
    page.panel.get_by_role("menuitem").nth(1).click()
    page.panel.locator(".menu-button").nth(1).click()
    assert violations(page) == []  # with a menu and an undo
    page.panel.get_by_role("tab").nth(2).click()
    assert violations(page) == []  # another list


def test_every_control_is_a_target_of_44_pixels_inside_the_screen(page):
    page.open()
    expect(page.items).to_have_count(4)
    page.panel.locator(".menu-button").first.click()
    width = page.page.evaluate("innerWidth")
    for control in page.page.locator("notification-inbox :is(button, a)").all():
        box = control.bounding_box()
        if box is None or not control.is_visible():
            continue
        name = control.get_attribute("class")
        assert box["width"] >= 44 and box["height"] >= 44, name
        assert name == "tab" or (box["x"] >= 0 and box["x"] + box["width"] <= width), name


def test_the_page_never_scrolls_sideways(page):
    page.open()
    assert page.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_moves_for_who_wants_no_motion(page):
    page.open()
    assert page.panel.evaluate("panel => getComputedStyle(panel).animationName") == "none"


def test_for_others_the_panel_arrives(shop, user, visit):
    page = visit().is_live().open()
    assert page.panel.evaluate("panel => getComputedStyle(panel).animationName") == "arrive"
