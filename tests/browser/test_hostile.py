"""What others wrote is shown as text; a strict Content-Security-Policy finds nothing to forbid."""

import pytest
from playwright.sync_api import expect

MARKUP = "<img src=x onerror=boom()><script>boom()</script>"
ALL_FIELDS = {
    "title": MARKUP,
    "description": f"{MARKUP}\n\"'><svg onload=boom()>",
    "identifier": "order.shipped",
    "data": {"html": MARKUP, "constructor": {"prototype": MARKUP}},
    "priority": "urgent",
}


def test_markup_in_every_field_is_shown_as_text(shop, user, visit):
    page = visit(identifiers=MARKUP).is_live()
    page.page.evaluate("window.boom = () => { window.hasBoomed = true; }; 0")
    shop.send(user, **ALL_FIELDS)
    expect(page.toasts).to_contain_text("<img src=x onerror=boom()>")
    page.open()
    expect(page.items).to_contain_text("<svg onload=boom()>")
    expect(page.items.get_by_role("button", name=f"Actions: {MARKUP}")).to_be_visible()
    expect(page.panel.get_by_role("tab", name=MARKUP)).to_be_visible()
    assert page.get("shadowRoot.querySelectorAll('img, script').length") == 0
    assert not page.page.evaluate("window.hasBoomed")
    assert page.complaints() == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:boom()", " javascript:boom()", "JaVaScRiPt:boom()", "java\tscript:boom()", "data:text/html,<b>",
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://user:pass@evil.example/", "http:evil.example",
        "vbscript:x", "file:///etc/passwd", "blob:http://x/y", "https://", "/a b", "/\u0000", "mailto:a@b.c",
        "relative/path", "?query", "",
    ],
)  # fmt: skip
def test_an_address_that_is_no_safe_link_becomes_none(shop, user, visit, address):
    """Should one get past the server: the frame is given to the page as if it had."""
    made = shop.send(user)
    page = visit().is_live()
    page.page.evaluate(
        """([made, address]) => { const { client } = document.querySelector('notification-inbox');
        client.store.merge([{ ...made, seq: made.seq + 1, action_url: address }]); }""",
        [made, address],
    )
    page.open()
    expect(page.items.get_by_role("button", name="Order shipped").first).to_be_visible()
    assert page.items.locator("a").count() == 0


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("/orders/7?a=1#b", "{shop}/orders/7?a=1#b"),
        ("https://example.com/x", "https://example.com/x"),
        ("/", "{shop}/"),
    ],
)
def test_a_safe_address_becomes_a_link(shop, user, visit, address, target):
    shop.send(user, action_url=address)
    page = visit().is_live().open()
    assert page.items.get_by_role("link").evaluate("link => link.href") == target.format(shop=shop.address)


def test_everything_it_does_is_allowed_by_a_strict_policy(shop, user, visit):
    for n in range(60):
        shop.send(user, f"Number {n}", action_url="/x", priority=("low", "normal", "high", "urgent")[n % 4])
    page = visit(**{"page-lang": "de", "title-count": "", "identifiers": "order.shipped"}).is_live()
    shop.send(user, "Noch eine")
    expect(page.toasts).to_have_count(1)
    page.open()
    expect(page.panel.get_by_role("heading")).to_have_text("Mitteilungen")
    for tab in page.panel.get_by_role("tab").all():
        tab.click()
    page.panel.get_by_role("tab").first.click()
    page.items.first.get_by_role("button", name="Aktionen").click()
    page.panel.get_by_role("menuitem", name="Archivieren").click()
    page.panel.get_by_role("button", name="Rückgängig").click()
    page.page.mouse.wheel(0, 5000)
    assert page.complaints() == []
    assert page.get("shadowRoot.querySelectorAll('[style], style').length") == 0
