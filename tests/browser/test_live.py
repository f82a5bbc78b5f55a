"""What happens on the server or another device shows at once; what was missed shows on the return."""

import pytest
from playwright.sync_api import expect


def test_a_notification_arrives_live(shop, user, visit):
    page = visit().is_live()
    shop.send(user, "Order shipped", description="It is on its way.", action_url="/orders/7")
    expect(page.toasts).to_have_count(1)
    expect(page.toasts).to_contain_text("It is on its way.")
    expect(page.page.get_by_role("button", name="Notifications, 1 new")).to_be_visible()
    expect(page.page.locator("notification-inbox [role=status]").last).to_have_text("New notification: Order shipped")


def test_what_was_there_before_is_no_news(shop, user, visit):
    shop.send(user)
    page = visit().is_live()
    shop.send(user, "The second")
    expect(page.toasts).to_have_count(1)
    expect(page.toasts).to_contain_text("The second")
    expect(page.page.locator("notification-inbox .badge")).to_have_text("2")


def test_many_at_once_are_one_toast_and_one_sentence(shop, user, visit):
    page = visit().is_live()
    body = [{"user_id": user, "title": f"Gust {n}", "identifier": "storm"} for n in range(120)]
    shop.ask("POST", "/batch", notifications=body)
    expect(page.toasts).to_have_text("120 new notifications")
    expect(page.page.locator("notification-inbox .badge")).to_have_text("99+")
    expect(page.page.get_by_role("button", name="Notifications, 120 new")).to_be_visible()


def test_an_urgent_one_stays(shop, user, visit):
    page = visit().is_live()
    page.page.clock.install()
    shop.send(user, "Payment failed", priority="urgent")
    shop.send(user, "Order placed")
    page.page.clock.run_for(1000)
    expect(page.toasts).to_have_count(2)
    page.page.clock.run_for(20_000)
    expect(page.toasts).to_have_count(1)
    expect(page.toasts).to_contain_text("Payment failed")


def test_reading_on_one_device_shows_on_the_other(shop, user, visit):
    shop.send(user)
    one, other = visit().is_live().open(), visit().is_live().open()
    expect(other.items.first).to_have_class("item unread normal")
    one.page.keyboard.press("ArrowDown")
    one.page.keyboard.press("u")
    expect(other.items.first).to_have_class("item read normal")
    one.until(lambda: one.counts() == other.counts() == (0, 0))


def test_opening_the_panel_is_seeing_and_clicking_is_reading(shop, user, visit):
    shop.send(user, action_url="/blank")
    page, other = visit().is_live(), visit().is_live()
    page.open()
    other.until(lambda: other.counts() == (1, 0))
    page.items.get_by_role("link").click()
    page.page.wait_for_url("**/blank")
    other.until(lambda: other.counts() == (0, 0))


def test_a_toast_goes_when_another_device_reads_it(shop, user, visit):
    page = visit().is_live()
    made = shop.send(user, priority="urgent")
    expect(page.toasts).to_have_count(1)
    shop.ask("PUT", f"/{made['id']}")
    expect(page.toasts).to_have_count(0)


def test_two_tabs_have_one_socket_and_one_toast(shop, user, visit, device):
    browser = device()
    first = visit(on=browser).is_live()
    second = visit(on=browser).is_live()
    shop.send(user, priority="urgent")
    second.until(lambda: first.toasts.count() + second.toasts.count() == 1)
    first.until(lambda: first.counts() == second.counts() == (1, 1))
    assert first.open_sockets() + second.open_sockets() == 1
    # It is in the tab that was opened last; what is done there shows in the other.
    second.open()
    first.until(lambda: first.counts() == (1, 0))
    assert first.toasts.count() == 0


def test_without_web_locks_each_tab_has_a_socket_and_there_is_one_toast(shop, user, visit, device):
    browser = device()
    browser.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });")
    first = visit(on=browser).is_live()
    second = visit(on=browser).is_live()
    made = shop.send(user, priority="urgent")
    first.until(lambda: first.counts() == second.counts() == (1, 1))
    assert (first.open_sockets(), second.open_sockets()) == (1, 1)
    second.until(lambda: second.toasts.count() == 1)
    assert first.toasts.count() == 0
    first.page.evaluate(f"document.querySelector('notification-inbox').client.mark('read', {{ ids: [{made['id']}] }})")
    second.until(lambda: second.counts() == (0, 0))


def test_when_the_tab_with_the_socket_closes_the_other_takes_over(shop, user, visit, device):
    browser = device()
    first = visit(on=browser).is_live()
    second = visit(on=browser).is_live()
    assert (first.open_sockets(), second.open_sockets()) == (1, 0)
    first.page.close()
    second.until(lambda: second.open_sockets() == 1)
    shop.send(user)
    second.until(lambda: second.counts() == (1, 1))


@pytest.fixture
def holding(shop, user, visit, device):
    """Two tabs of a device; the second, without the socket, has deleted the one row, and may still take that back."""
    shop.send(user)
    browser = device()
    first = visit(on=browser).is_live()
    second = visit(on=browser).is_live().open()
    second.page.keyboard.press("ArrowDown")
    second.page.keyboard.press("Delete")
    first.until(lambda: first.rows() == second.rows() == {})
    return first, second


def test_a_tab_that_goes_leaves_alone_what_another_may_still_take_back(shop, user, holding):
    first, second = holding
    first.page.goto(f"{shop.address}/blank")
    second.until(lambda: second.open_sockets() == 1)
    second.page.keyboard.press("Control+z")
    second.until(lambda: len(second.rows()) == 1 and not second.get("client.store.ops.length"))
    assert len(shop.inbox(user)["results"]) == 1


def test_what_a_tab_without_the_socket_holds_is_sent_when_it_goes(shop, user, holding):
    first, second = holding
    second.page.goto(f"{shop.address}/blank")
    first.until(lambda: not first.get("client.store.ops.length"))
    assert shop.inbox(user)["results"] == []


def test_what_waits_in_one_tab_shows_in_the_other(shop, user, visit, device):
    made = shop.send(user)
    browser = device()
    first = visit(on=browser).is_live()
    second = visit(on=browser).is_live()
    first.get("pause()")
    first.get(f"client.mark('read', {{ ids: [{made['id']}] }}).catch(() => {{}}) && 0")
    second.until(lambda: second.counts() == first.counts() == (0, 0))
    first.get(f"client.mark('unread', {{ ids: [{made['id']}] }}).catch(() => {{}}) && 0")
    second.until(lambda: second.counts() == first.counts() == (1, 0))


def test_a_reload_comes_back_with_its_cursor(shop, user, visit):
    shop.send(user)
    page = visit().is_live()
    seq = page.get("client.store.seq")
    page.until(lambda: page.stored_seq() == seq)
    page.page.reload()
    page.is_live()
    assert f"since={seq}" in page.sockets[-1].url


def test_offline_with_writes_on_both_sides_converges(shop, user, visit):
    made = [shop.send(user, f"Number {n}")["id"] for n in range(4)]
    away, here = visit().is_live().open(), visit().is_live()
    away.forgives = True
    away.until(lambda: away.counts() == (4, 0))
    away.context.set_offline(True)
    away.until(lambda: away.get("connection") == "offline", seconds=20)
    expect(away.panel).to_contain_text("No connection")
    for key in ("ArrowDown", "u", "ArrowDown", "e"):  # reads the newest, archives the one below
        away.page.keyboard.press(key)
    here.page.evaluate(f"document.querySelector('notification-inbox').client.mark('delete', {{ ids: [{made[0]}] }})")
    made.append(shop.send(user, "Meanwhile")["id"])
    here.until(lambda: len(here.rows()) == 4)
    unread, archived, read = (False, False), (False, True), (True, False)
    assert away.rows() == {made[0]: unread, made[1]: unread, made[2]: archived, made[3]: read}
    away.context.set_offline(False)
    expected = {made[1]: unread, made[2]: archived, made[3]: read, made[4]: unread}
    away.until(lambda: away.rows() == here.rows() == expected and not away.get("client.store.ops.length"), seconds=20)
    inbox = shop.inbox(user)
    assert {row["id"]: (row["is_read"], row["archived_at"] is not None) for row in inbox["results"]} == expected
    assert away.counts()[0] == here.counts()[0] == inbox["unread"]


def test_what_was_asked_offline_survives_a_reload(shop, user, visit):
    made = shop.send(user)
    page = visit().is_live()
    page.get("pause()")
    page.get(f"client.mark('read', {{ ids: [{made['id']}] }}).catch(() => {{}}) && 0")
    assert not shop.inbox(user)["results"][0]["is_read"]
    page.page.reload()
    page.is_live()
    page.until(lambda: shop.inbox(user)["results"][0]["is_read"])


def test_where_sockets_are_blocked_it_polls_and_returns_to_the_socket(shop, user, visit, device):
    browser = device()
    browser.add_init_script(
        "const Real = WebSocket; window.WebSocket = function (...given) {"
        " return window.unblocked ? new Real(...given) : new Real('ws://127.0.0.1:9/'); }"
    )
    page = visit(on=browser)
    page.forgives = True
    page.until(lambda: page.get("connection") == "polling", seconds=20)
    shop.send(user)
    page.until(lambda: page.counts() == (1, 1), seconds=20)
    page.page.evaluate("window.unblocked = true")
    page.until(lambda: page.get("connection") == "live", seconds=40)


def test_a_refused_change_is_rolled_back_and_told(shop, user, visit):
    shop.send(user)
    page = visit().is_live()
    page.page.evaluate(
        """() => { const { client } = document.querySelector('notification-inbox');
        client.addEventListener('refused', ({ detail }) => { window.refused = detail.code; }); }"""
    )
    page.open()
    page.page.evaluate(
        "document.querySelector('notification-inbox').client.mark('read', { ids: [-1] }).catch(() => {}); 0"
    )
    page.until(lambda: page.page.evaluate("window.refused") == "invalid")
    expect(page.panel).to_contain_text("That was refused")
    assert page.get("client.store.ops.length") == 0
