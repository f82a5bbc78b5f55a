"""A shop with a bell, on a real server, and browsers that visit it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.shop import Shop, Visit

CHROMIUM = shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None and not os.environ.get("CI"):
        skip = pytest.mark.skip(reason="needs a browser: apt-get install chromium")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(skip)


@pytest.fixture(scope="module")
def shop(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop, open for all tests of a file; each takes a user of its own."""
    directory = tmp_path_factory.mktemp("shop")
    file = directory / "shop.sqlite3"
    shutil.copyfile(migrated_sqlite, file)
    shop = Shop(directory, f"sqlite:///{file}")
    with shop.open():
        yield shop


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def user(shop: Shop) -> int:
    """Somebody with an empty inbox."""
    return shop.new_user()


@pytest.fixture
def device(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of its own, with its own storage."""
    made: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        made.append(browser.new_context(locale="en-GB", **options))
        return made[-1]

    yield make
    for context in made:
        context.close()


@pytest.fixture
def visit(shop: Shop, user: int, device: Callable[..., BrowserContext]) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the shop: in a new browser, or ``on=`` another; ``script`` runs first. No page may complain."""
    made: list[Visit] = []

    def open_page(on: BrowserContext | None = None, script: str = "", **attributes: str) -> Visit:
        made.append(Visit(shop, on or device(), {"user-id": str(user)} | attributes, script))
        return made[-1]

    yield open_page
    for page in made:
        assert not page.problems
