"""A PostgreSQL of our own: a cluster in a temporary directory, on a free port, gone with the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.servers import clean_environment, free_port

INSTALL = "PostgreSQL is not installed: apt-get install postgresql"
OPTIONS = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100"


def installed() -> Path | None:
    """Where initdb and pg_ctl are, if they are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def programs() -> Path:
    """The same; without them the test is skipped, and fails where ``CI`` is set."""
    found = installed()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)
    return found


@contextmanager
def cluster(more_options: str = "") -> Iterator[str]:
    """A running cluster; yields the URL of its database ``postgres``. As root it runs as the user ``postgres``."""
    where = programs()
    user = "postgres" if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="notifications-postgresql-"))
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [where / program, "-D", directory / "data", *arguments],
            user=user, group=user, extra_groups=[] if user else None, cwd=directory, env=clean_environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    try:
        if user:
            shutil.chown(directory, user, user)
        run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory} {OPTIONS} {more_options}"
        )
        run("pg_ctl", "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield f"postgres://postgres@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def fresh_database(url: str, name: str) -> str:
    """A new empty database in the cluster; returns its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{url.rpartition('/')[0]}/{name}"
