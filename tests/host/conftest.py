"""The shop, migrated and served once for all tests of this folder, and its cast."""

import pytest

from tests.host.foreign_project import Browser, ForeignProject

CAST = """
from django.contrib.auth import get_user_model
for name in ("alice", "bob"):
    print(get_user_model().objects.create_user(name, password="pw").pk)
"""


@pytest.fixture(scope="package")
def shop(tmp_path_factory):
    project = ForeignProject(tmp_path_factory.mktemp("shop"))
    project.command("migrate", "--verbosity", "0")
    return project


@pytest.fixture(scope="package")
def people(shop):
    """The ids of alice and bob, as strings."""
    return dict(zip(("alice", "bob"), shop.python(CAST).split(), strict=True))


@pytest.fixture(scope="package")
def address(shop):
    with shop.server() as address:
        yield address


@pytest.fixture
def alice(address, people):
    browser = Browser(address)
    browser.log_in("alice")
    return browser


@pytest.fixture
def bob(address, people):
    browser = Browser(address)
    browser.log_in("bob")
    return browser


@pytest.fixture
def charlie(address):
    """Nobody the shop knows."""
    return Browser(address)
