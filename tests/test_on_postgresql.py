"""The tests that need no server pass on PostgreSQL as well: they are run there once more, in processes of their own."""

import os
import subprocess
import sys

import pytest

from tests.postgresql import fresh_database
from tests.servers import clean_environment
from tests.service import ROOT

ROOMS = {
    "engine": [
        "tests/models", "tests/actions", "tests/commands", "tests/convergence", "tests/realtime", "tests/ops/doctor",
    ],
    "express": ["tests/api/express"],
}  # fmt: skip
"""By the database they have, each with a process."""
SERVERS = "--ignore=tests/realtime/test_serving.py"  # bring a database of their own


@pytest.mark.parametrize("name", ROOMS)
def test_the_same_tests_pass_on_postgresql(postgresql: str, name: str) -> None:
    variables = {name: os.environ[name] for name in ("CI",) if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", SERVERS, *ROOMS[name]],
        cwd=ROOT, env=clean_environment(DATABASE_URL=fresh_database(postgresql, name), **variables),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-5_000:]
