"""The tests that need no server pass on PostgreSQL as well: they are run there once more, in a process of their own."""

import os
import subprocess
import sys

import pytest

from tests.postgresql import fresh_database
from tests.servers import clean_environment
from tests.service import ROOT


@pytest.mark.parametrize("room", ["models", "convergence", "realtime"])
def test_the_same_tests_pass_on_postgresql(postgresql: str, room: str) -> None:
    variables = {name: os.environ[name] for name in ("CI",) if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/{room}"],
        cwd=ROOT, env=clean_environment(DATABASE_URL=fresh_database(postgresql, room), **variables),
        capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-5_000:]
