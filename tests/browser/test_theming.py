"""What a page may set: custom properties, parts, slots, texts, its own items, and the events it hears."""

import re

import pytest
from playwright.sync_api import expect

from tests.service import ROOT

BELL = "document.querySelector('notification-inbox')"
DOCUMENTED = (ROOT / "docs" / "bell.md").read_text()
PARTS = set(re.findall(r"`([a-z-]+)`", DOCUMENTED.split("Every element has a `::part`:")[1].split("Slots:")[0]))
"""What docs/bell.md says there are."""
SEEN = {
    # what a page sets, where it shows, as what
    "accent": ("#123456", ".dot", "borderTopColor", "rgb(18, 52, 86)"),
    "surface": ("#123456", ".panel", "backgroundColor", "rgb(18, 52, 86)"),
    "hover": ("#123456", ".undo", "backgroundColor", "rgb(18, 52, 86)"),
    "text": ("#123456", ".panel", "color", "rgb(18, 52, 86)"),
    "quiet": ("#123456", ".description", "color", "rgb(18, 52, 86)"),
    "line": ("#123456", ".item", "borderBottomColor", "rgb(18, 52, 86)"),
    "alert": ("#123456", ".badge", "backgroundColor", "rgb(18, 52, 86)"),
    "on-alert": ("#123456", ".badge", "color", "rgb(18, 52, 86)"),
    "bell": ("#123456", ".bell", "color", "rgb(18, 52, 86)"),
    "radius": ("4px", ".panel", "borderTopLeftRadius", "4px"),
    "width": ("300px", ".panel", "width", "300px"),
    "font": ("20px monospace", ".panel", "fontSize", "20px"),
}


def style(page, rules: str) -> None:
    """A style sheet of the page, as its policy allows."""
    page.page.evaluate(
        """rules => { const sheet = new CSSStyleSheet(); sheet.replaceSync(rules);
        document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]; }""",
        rules,
    )


def looks(page, selector: str, name: str) -> str:
    """A computed style of the first such element."""
    return page.page.evaluate(
        f"([selector, name]) => getComputedStyle({BELL}.shadowRoot.querySelector(selector))[name]", [selector, name]
    )


def test_every_documented_property_is_tried():
    [line] = re.findall(r"custom properties: (.*)\. Every", DOCUMENTED)
    assert {name.removeprefix("--inbox").removeprefix("-") for name in re.findall(r"`(.*?)`", line)} == set(SEEN)


def test_custom_properties_reach_what_they_are_for(shop, user, visit):
    shop.send(user, description="With a sentence.")
    page = visit().is_live()
    style(page, "notification-inbox {" + "".join(f"--inbox-{name}: {given[0]};" for name, given in SEEN.items()) + "}")
    page.open()
    shop.send(user, description="With a sentence.")
    expect(page.items).to_have_count(2)
    page.items.first.locator(".menu-button").click()
    page.panel.get_by_role("menuitem", name="Mark read").click()
    for name, (_, selector, style_name, expected) in SEEN.items():
        assert looks(page, selector, style_name) == expected, name


def test_what_a_bar_does_to_its_letters_stays_outside(shop, user, visit):
    shop.send(user, "A title that is longer than the panel is wide, so that it has to be broken somewhere in between")
    page = visit().is_live()
    rules = "text-transform: uppercase; text-align: right; letter-spacing: 3px; white-space: nowrap; font-weight: 300"
    style(page, f"header {{ {rules} }}")
    page.open()
    outside = ("none", "start", "normal", "normal")
    for selector in (".panel", "h2.title", ".item .title"):
        names = ("textTransform", "textAlign", "letterSpacing", "whiteSpace")
        assert tuple(looks(page, selector, name) for name in names) == outside, selector


def test_every_documented_part_is_there_and_nothing_else(shop, user, visit):
    found: set[str] = set()

    def look_around(page) -> None:
        parts = "one => [...one.part]"
        found.update(page.get(f"shadowRoot.querySelectorAll('[part]').values().flatMap({parts}).toArray()"))

    for priority in ("low", "normal", "high", "urgent"):
        shop.send(user, priority=priority, description="With a sentence.", action_url="/x")
    body = [{"user_id": user, "title": f"Number {n}", "identifier": "storm"} for n in range(60)]
    shop.ask("POST", "/batch", notifications=body)
    for priority in ("low", "high", "urgent"):
        shop.send(user, priority=priority, description="With a sentence.", action_url="/x")
    page = visit().is_live()
    shop.send(user, "A new one")
    expect(page.toasts).to_have_count(1)
    look_around(page)
    page.open()
    page.items.nth(1).locator(".menu-button").click()
    page.panel.get_by_role("menuitem", name="Mark read").click()
    page.items.nth(1).locator(".menu-button").click()
    expect(page.panel.get_by_role("menu")).to_be_visible()
    look_around(page)
    refused = visit(token="rubbish")
    refused.forgives = True
    refused.open().panel.locator(".retry").wait_for()
    look_around(refused)
    assert found - {"hush"} == PARTS  # the one is for screen readers alone


def test_a_part_can_be_styled_from_outside(shop, user, visit):
    shop.send(user, priority="urgent")
    page = visit().is_live().open()
    style(page, "notification-inbox::part(item urgent unread) { border-bottom: 7px solid rgb(1, 2, 3) }")
    assert looks(page, ".item", "borderBottomWidth") == "7px"


def test_slots_take_what_the_page_puts_in(shop, user, visit):
    slots = {"bell": "Ring", "header": "My news", "empty": "All done here"}
    page = visit(**{f"slot-{name}": words for name, words in slots.items()}).is_live().open()
    for words in slots.values():
        expect(page.page.get_by_text(words)).to_be_visible()
    expect(page.panel.get_by_text("You are all caught up.")).to_be_hidden()
    made = shop.send(user, "By the engine")
    expect(page.items).to_have_count(1)
    page.page.evaluate(
        f"""id => {{ const own = document.createElement('b');
        Object.assign(own, {{ slot: `item-${{id}}`, textContent: 'By the page' }}); {BELL}.append(own); }}""",
        made["id"],
    )
    expect(page.page.get_by_text("By the page")).to_be_visible()
    expect(page.panel.get_by_text("By the engine")).to_be_hidden()


def test_a_page_may_render_items_itself_as_text_or_as_nodes(shop, user, visit):
    shop.send(user, "<b>bold</b>", data={"order": 7})
    page = visit().is_live()
    page.page.evaluate(f"{BELL}.renderItem = ({{ title, data }}) => `${{title}} of order ${{data.order}}`; 0")
    page.open()
    expect(page.items).to_contain_text("<b>bold</b> of order 7")
    assert page.items.locator("b").count() == 0
    page.page.evaluate(
        f"""{BELL}.renderItem = ({{ data }}) => {{
          const own = document.createElement('i'); own.textContent = data.order; return own; }};
        {BELL}.refresh()"""
    )
    expect(page.items.locator("i")).to_have_text("7")
    page.items.get_by_role("button").first.click()
    expect(page.items.first).to_have_class("item read normal")  # it is still the link or button of the item


def test_a_page_may_say_it_in_its_own_words(shop, user, visit):
    page = visit(identifiers="order.shipped").is_live()
    page.page.evaluate(
        f"{BELL}.texts = {{ title: 'Inbox', empty: 'Nothing yet', 'order.shipped': 'Orders' }}; {BELL}.refresh()"
    )
    expect(page.page.get_by_role("button", name="Inbox", exact=True)).to_be_visible()
    page.open()
    expect(page.panel.get_by_role("heading", name="Inbox")).to_be_visible()
    expect(page.panel.get_by_text("Nothing yet")).to_be_visible()
    expect(page.panel.get_by_role("tab", name="Orders")).to_be_visible()


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Notifications"), ("de-AT", "Mitteilungen"), ("fr", "Notifications"), ("es", "Notificaciones"),
     ("ar", "الإشعارات"), ("ja", "お知らせ"), ("xx", "Notifications"), ("not a language", "Notifications")],
)  # fmt: skip
def test_it_speaks_the_language_of_the_page(user, visit, language, title):
    page = visit(**{"page-lang": language}).is_live().open()
    expect(page.panel.get_by_role("heading")).to_have_text(title)


def test_events_cross_the_shadow_border(shop, user, visit):
    page = visit()
    page.page.evaluate(
        """() => { window.heard = [];
        for (const type of ['notification', 'notification-click', 'counts', 'connection'])
          document.addEventListener(type, ({ detail, target }) => heard.push([type, detail, target.localName])); }"""
    )
    page.is_live()
    shop.send(user, "News", action_url="/blank")
    page.open()
    page.page.evaluate("document.addEventListener('notification-click', (event) => event.preventDefault())")
    page.items.get_by_role("link").click()
    page.until(lambda: page.counts() == (0, 0))
    heard = page.page.evaluate("heard")
    assert {target for _, _, target in heard} == {"notification-inbox"}
    said = {kind: detail for kind, detail, _ in heard}
    assert said["notification"]["notification"]["title"] == "News"
    assert said["notification"]["toast"] is True
    assert said["notification-click"]["notification"]["title"] == "News"
    assert said["counts"] == {"unread": 0, "unseen": 0}
    page.get("pause()")
    assert page.page.evaluate("heard.at(-1)") == ["connection", {"state": "offline", "code": 0}, "notification-inbox"]
    assert page.page.url.startswith(f"{shop.address}/bell")  # the page kept its visitor


def test_events_also_leave_the_shadow_of_who_wraps_the_bell(shop, user, visit):
    shop.send(user)
    page = visit(toasts="off").is_live()
    page.page.evaluate(
        """user => { window.heard = [];
        document.addEventListener('counts', ({ target, detail }) => heard.push([target.id, detail.unread]));
        const [wrap, inner] = ['div', 'notification-inbox'].map((name) => document.createElement(name));
        wrap.id = 'wrap';
        inner.setAttribute('user-id', user);
        inner.setAttribute('device', 'inner');
        wrap.attachShadow({ mode: 'open' }).append(inner);
        document.body.append(wrap); }""",
        str(user),
    )
    page.until(lambda: ["wrap", 1] in page.page.evaluate("heard"))


def test_a_page_may_keep_a_toast_away(shop, user, visit):
    page = visit().is_live()
    page.page.evaluate("document.addEventListener('notification', (event) => event.preventDefault())")
    shop.send(user)
    page.until(lambda: page.counts() == (1, 1))
    page.page.wait_for_timeout(600)  # longer than toasts are gathered for
    assert page.toasts.count() == 0


def test_the_bell_has_the_colour_of_its_bar_where_a_page_knows_only_light(shop, user, visit, device):
    page = visit(on=device(color_scheme="dark")).is_live()
    page.page.evaluate("document.querySelector('meta[name=color-scheme]').remove()")
    bar = page.page.evaluate("getComputedStyle(document.querySelector('header')).color")
    assert looks(page, ".bell", "color") == bar
