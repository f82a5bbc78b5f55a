"""How many there are: on the bell, and where a page asks for it in the title and on the app's icon."""

from playwright.sync_api import expect

ICON = """
window.icon = [];
navigator.setAppBadge = async (count) => { icon.push(count); };
navigator.clearAppBadge = async () => { icon.push(0); };
"""
REFUSED = "navigator.setAppBadge = async () => { throw new DOMException('no', 'NotAllowedError'); };"


def icon(page) -> list[int]:
    """What the app's icon was told, one after the other."""
    return page.page.evaluate("icon")


def test_the_icon_and_the_title_count_what_is_new_when_they_are_asked_to(shop, user, visit):
    shop.send(user)
    page = visit(script=ICON, **{"app-badge": "", "title-count": ""}).is_live()
    page.until(lambda: icon(page)[-1:] == [1])
    shop.send(user, "The second")
    page.until(lambda: icon(page)[-1] == 2)
    expect(page.page).to_have_title("(2) Shop")
    page.open()  # which is seeing them
    page.until(lambda: icon(page)[-1] == 0)
    expect(page.page).to_have_title("Shop")


def test_the_icon_and_the_title_follow_the_badge_s_own_count(shop, user, visit):
    body = [{"user_id": user, "title": f"Number {n}", "identifier": "storm"} for n in range(100)]
    shop.ask("POST", "/batch", notifications=body)
    page = visit(script=ICON, badge="unread", **{"app-badge": "", "title-count": ""}).is_live().open()
    page.until(lambda: page.counts() == (100, 0))
    page.until(lambda: icon(page)[-1] == 100)
    expect(page.page).to_have_title("(99+) Shop")
    expect(page.page.locator("notification-inbox .badge")).to_have_text("99+")
    expect(page.button).to_have_accessible_name("Notifications, 100 unread")
    page.panel.get_by_role("button", name="Mark all read").click()
    page.until(lambda: icon(page)[-1] == 0)
    expect(page.page).to_have_title("Shop")


def test_nobody_is_counted_for_unasked(shop, user, visit):
    shop.send(user)
    page = visit(script=ICON).is_live()
    expect(page.page.locator("notification-inbox .badge")).to_have_text("1")
    assert icon(page) == []
    assert page.page.title() == "Shop"


def test_an_icon_that_may_not_be_counted_on_is_no_error(shop, user, visit):
    shop.send(user)
    page = visit(script=REFUSED, **{"app-badge": ""}).is_live()
    expect(page.page.locator("notification-inbox .badge")).to_have_text("1")


def test_a_bell_that_is_taken_away_counts_no_more(shop, user, visit):
    shop.send(user)
    page = visit(script=ICON, **{"app-badge": "", "title-count": ""}).is_live()
    page.until(lambda: icon(page)[-1:] == [1])
    expect(page.page).to_have_title("(1) Shop")
    page.get("remove()")
    page.until(lambda: icon(page)[-1] == 0)
    expect(page.page).to_have_title("Shop")
