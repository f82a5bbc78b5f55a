"""Commands whose reader goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.house.commands import ROOT
from tests.servers import clean_environment


@pytest.mark.parametrize(
    "command",
    [["mock_events", "--interval", "0.01", "--count", "1000"], ["purge_notifications"], ["doctor"]],
    ids=lambda command: command[0],
)
def test_a_reader_that_goes_away_ends_it_quietly(command: Sequence[str], tmp_path: Path) -> None:
    environment = clean_environment(DATABASE_URL=f"sqlite:///{tmp_path}/pipes.sqlite3")
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True, timeout=60)
    subprocess.run([*manage, "notify", "123", "Hello"], cwd=ROOT, env=environment, check=True, timeout=60)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = subprocess.run(
            [*manage, *command], cwd=ROOT, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=60
        )
    finally:
        os.close(writing)
    assert ended.stderr == b""
