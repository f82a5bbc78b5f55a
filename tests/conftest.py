"""What every test may ask for: options, real servers, a PostgreSQL, and threads that let go of the database."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.postgresql import cluster
from tests.service import ROOT, Service


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "on_sqlite: runs only where the tests' own database is SQLite")
    config.addinivalue_line("markers", "on_postgresql: runs only where the tests' own database is PostgreSQL")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of the other database: ``tests/test_on_postgresql.py`` runs them there."""
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    other = "on_postgresql" if is_sqlite else "on_sqlite"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker(other)]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The realtime room's threads keep their connections; a database in use cannot be dropped."""
    yield
    from notifications.realtime import threads

    threads.close_connections()


@pytest.fixture
def options(settings: Any) -> Callable[..., None]:
    """Sets keys of ``settings.NOTIFICATIONS``."""

    def give(**values: object) -> None:
        settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, **values}

    return give


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the tests."""
    with cluster() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file; copy it, do not use it."""
    directory = tmp_path_factory.mktemp("migrated")
    file = directory / "empty.sqlite3"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT, env=Service(directory, f"sqlite:///{file}").environment(), check=True, timeout=60,
    )  # fmt: skip
    return file


@pytest.fixture
def new_service(migrated_sqlite: Path, tmp_path: Path) -> Callable[..., Service]:
    """Makes a service on a SQLite file of its own: ``new_service(closed=True)`` for the production settings."""

    def make(*, closed: bool = False) -> Service:
        file = tmp_path / "service.sqlite3"
        shutil.copyfile(migrated_sqlite, file)
        return Service(tmp_path, f"sqlite:///{file}", closed=closed)

    return make


@pytest.fixture
def service(new_service: Callable[..., Service]) -> Service:
    """The service with the settings of development."""
    return new_service()
