"""A closed server of each kind, and an operator's session; the same ones for all tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.arena import SOCKETS_MAX, Arena
from tests.service import Service

MAKE_KEY = "APIKey.objects.issue('canary', scopes=['admin'])[1]"
MAKE_SESSION = """
from django.contrib.auth.models import User
from django.test import Client
client = Client()
client.force_login(User.objects.create_superuser("root"))
result = client.cookies["sessionid"].value
"""


@pytest.fixture(scope="package")
def closed_service(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Service:
    directory = tmp_path_factory.mktemp("hostile")
    shutil.copyfile(migrated_sqlite, directory / "service.sqlite3")
    return Service(directory, f"sqlite:///{directory}/service.sqlite3", closed=True)


@pytest.fixture(scope="package", params=["daphne", "serve"])
def arena(request: pytest.FixtureRequest, closed_service: Service) -> Iterator[Arena]:
    with closed_service.outsider() as outsider:
        key = outsider.now(MAKE_KEY)
    with closed_service.server(request.param, MAX_SOCKETS_PER_USER=SOCKETS_MAX) as server:
        yield Arena(request.param, server, key)


@pytest.fixture(scope="package")
def cookie(closed_service: Service) -> str:
    """The session of an operator who may do everything."""
    with closed_service.outsider() as outsider:
        return f"sessionid={outsider.now(MAKE_SESSION)}"
