"""The tests that need no server pass on PostgreSQL as well: they are run there once more, in a process of their own."""

import os
import subprocess
import sys

from tests.postgresql import fresh_database
from tests.servers import clean_environment
from tests.service import ROOT

ROOMS = [
    "tests/models",
    "tests/actions",
    "tests/api/express/test_lane.py",
    "tests/api/express/test_together.py",
    "tests/api/express/test_locks.py",
    "tests/commands",
    "tests/convergence",
    "tests/realtime",
    "tests/ops/doctor",
]
SERVERS = "--ignore=tests/realtime/test_serving.py"  # bring a database of their own


def test_the_same_tests_pass_on_postgresql(postgresql: str) -> None:
    variables = {name: os.environ[name] for name in ("CI",) if name in os.environ}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", SERVERS, *ROOMS],
        cwd=ROOT, env=clean_environment(DATABASE_URL=fresh_database(postgresql, "engine"), **variables),
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr[-5_000:]
