"""Everything can be done with keys, and the focus is never lost."""

from playwright.sync_api import expect

FOCUSED = """() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return `${element.className}: ${(element.ariaLabel ?? element.innerText).split("\\n").join(" ")}`;
}"""


def focused(page) -> str:
    """Class and words of what has the focus."""
    return page.page.evaluate(FOCUSED)


def test_a_journey_without_a_mouse(shop, user, visit):
    for n in range(3):
        shop.send(user, f"Number {n}", action_url="/blank")
    page = visit().is_live()
    press = page.page.keyboard.press
    page.until(lambda: page.counts() == (3, 3))
    press("Tab")
    assert focused(page) == "bell: Notifications, 3 new"
    press("Enter")
    page.until(lambda: focused(page).startswith("panel"))
    press("j")
    assert focused(page).startswith("link: Unread: Number 2")
    press("ArrowDown")
    press("k")
    press("End")
    assert focused(page).startswith("link: Unread: Number 0")
    press("u")
    expect(page.items.nth(2)).to_have_class("item read normal")
    assert focused(page).startswith("link: Number 0")
    press("Home")
    press("Delete")
    expect(page.items).to_have_count(2)
    assert focused(page).startswith("link: Unread: Number 1")
    press("Control+z")
    expect(page.items).to_have_count(3)

    press("Tab")
    assert focused(page) == "menu-button: Actions: Number 1"
    press("Enter")
    page.until(lambda: focused(page) == "menu-item: Mark read")
    press("ArrowDown")
    assert focused(page) == "menu-item: Archive"
    press("Escape")
    page.until(lambda: focused(page) == "menu-button: Actions: Number 1")
    press("Enter")
    press("ArrowDown")
    press("Enter")
    expect(page.items).to_have_count(2)
    page.until(lambda: focused(page).startswith("link: Number 0"))

    press("Shift+Tab")
    press("Shift+Tab")
    press("Shift+Tab")
    assert focused(page) == "tab: All"
    press("ArrowRight")
    assert focused(page) == "tab: Unread"
    expect(page.items).to_have_count(1)
    press("End")
    expect(page.items).to_have_count(1)
    expect(page.items).to_contain_text("Number 1")
    press("Escape")
    assert focused(page) == "bell: Notifications"
    expect(page.panel).to_be_hidden()


def test_the_focus_moves_on_to_a_row_that_changes_as_the_one_before_goes(shop, user, visit):
    made = [shop.send(user, f"Number {n}")["id"] for n in range(2)]
    page = visit().is_live().open()
    page.page.keyboard.press("ArrowDown")
    marks = (f"client.mark('{verb}', {{ ids: [{made[n]}] }})" for verb, n in (("delete", 1), ("read", 0)))
    page.page.evaluate(f"{{ const {{ client }} = document.querySelector('notification-inbox'); {'; '.join(marks)}; }}")
    expect(page.items).to_have_count(1)
    assert focused(page).startswith("link: Number 0")


def test_arrows_follow_the_direction_of_writing(shop, user, visit):
    page = visit(**{"page-lang": "ar", "page-dir": "rtl"}).is_live().open()
    page.panel.get_by_role("tab").first.focus()
    page.page.keyboard.press("ArrowLeft")
    assert focused(page) == "tab: غير المقروءة"


def test_focus_that_leaves_closes_and_is_not_called_back(shop, user, visit):
    page = visit().is_live().open()
    for _ in range(8):
        page.page.keyboard.press("Tab")
        if page.page.evaluate("document.activeElement.innerText") == "Buy":
            break
    expect(page.panel).to_be_hidden()
    assert focused(page) == ": Buy"


def test_what_is_deleted_is_gone_when_it_can_no_longer_be_taken_back(shop, user, visit):
    shop.send(user)
    page, other = visit().is_live().open(), visit().is_live()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("Delete")
    expect(page.items).to_have_count(0)
    assert len(other.rows()) == 1
    page.page.keyboard.press("Escape")  # who closes the panel has decided
    other.until(lambda: not other.rows())


def test_all_is_read_up_to_what_was_shown_and_can_be_taken_back(shop, user, visit):
    for n in range(60):
        shop.send(user, f"Number {n}")
    page = visit().is_live().open()
    page.panel.get_by_role("button", name="Mark all read").click()
    page.until(lambda: page.counts()[0] == 0)
    shop.send(user, "Later")
    page.until(lambda: page.counts()[0] == 1)
    page.panel.get_by_role("button", name="Undo").click()
    page.until(lambda: page.counts()[0] == 61)
    page.panel.get_by_role("button", name="Mark all read").click()
    page.page.keyboard.press("Escape")
    page.until(lambda: shop.inbox(user)["unread"] == 0)


def test_what_was_wished_last_for_a_row_counts(shop, user, visit):
    body = [{"user_id": user, "title": f"Number {n}", "identifier": "storm"} for n in range(60)]
    shop.ask("POST", "/batch", notifications=body)
    shop.ask("POST", f"/{user}/mark", action="seen", up_to=shop.inbox(user)["results"][0]["id"])
    page = visit().is_live().open()
    page.panel.get_by_role("button", name="Mark all read").click()
    page.until(lambda: page.counts()[0] == 0)
    assert page.get("client.store.ops.length") == 1  # held, for ten rows are not here
    page.items.first.locator(".link").focus()
    page.page.keyboard.press("u")
    page.page.keyboard.press("Escape")
    page.until(lambda: not page.get("client.store.ops.length"))
    assert shop.inbox(user)["unread"] == page.counts()[0] == 1
