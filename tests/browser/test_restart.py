"""The server goes and comes back."""

import shutil

import pytest

from tests.browser.shop import Shop


@pytest.fixture
def shop(migrated_sqlite, tmp_path):
    """One that is opened and closed by the test."""
    file = tmp_path / "shop.sqlite3"
    shutil.copyfile(migrated_sqlite, file)
    return Shop(tmp_path, f"sqlite:///{file}")


def test_a_restart_of_the_server_loses_and_repeats_nothing(shop, user, visit):
    with shop.open():
        page = visit().is_live()
        page.forgives = True
        page.page.evaluate(
            """() => { window.heard = []; document.querySelector('notification-inbox')
            .addEventListener('notification', ({ detail }) => heard.push(detail.notification.title)); }"""
        )
        before = shop.send(user, "Before")["id"]
        page.until(lambda: page.page.evaluate("heard") == ["Before"])
    page.until(lambda: page.get("connection") in ("offline", "connecting"))
    page.get(f"client.mark('read', {{ ids: [{before}] }}).catch(() => {{}}) && 0")
    with shop.open():
        shop.send(user, "After")
        page.until(lambda: page.page.evaluate("heard") == ["Before", "After"], seconds=40)
        page.until(lambda: shop.inbox(user)["unread"] == 1 and page.counts() == (1, 1), seconds=20)
