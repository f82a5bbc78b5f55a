"""What an announcement costs with a million inboxes: ``python -m benchmarks.announcement [--inboxes N] [--online N]``.

Stored: from the call to the commit. Told: until a frame was handed to the last of the connected devices, which stand on
a real hub; only the wire is left out. SQLite in a temporary folder, and a PostgreSQL of its own where one is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INBOXES = """
INSERT INTO notifications_inbox (user_id, epoch, seq, unread, unseen, horizon, board_seq, opened_board_seq)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT 'user-' || n, 'epoch', 0, 0, 0, 0, 0, 0 FROM numbers
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inboxes", type=int, default=1_000_000)
    parser.add_argument("--online", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        _measure(options)
        return
    from tests.postgresql import OPTIONS, cluster

    durable = OPTIONS.replace("-c fsync=off ", "").replace("-c synchronous_commit=off ", "")
    with tempfile.TemporaryDirectory() as folder:
        _apart(f"sqlite:///{folder}/benchmark.sqlite3")
    with cluster(durable) as url:
        _apart(url)


def _apart(url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.announcement", "--here", *sys.argv[1:]],
        cwd=ROOT,
        env=environment,
        check=True,
    )


def _measure(options: argparse.Namespace) -> None:
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(INBOXES, [options.inboxes])
        cursor.execute("ANALYZE")
    rounds = asyncio.run(_rounds(options))
    print(f"{connection.vendor}: {options.inboxes:,} inboxes, {options.online:,} online, median of {options.rounds}")
    for name in rounds[0]:
        times = [each[name] for each in rounds]
        print(f"  {name:<22}{statistics.median(times) * 1000:9.1f} ms   (most {max(times) * 1000:.1f})")


async def _rounds(options: argparse.Namespace) -> list[dict[str, float]]:
    from notifications import announce, retract
    from notifications.actions.access import DEVELOPMENT
    from notifications.actions.catch_up import head_of
    from notifications.realtime.hub import get_hub
    from notifications.realtime.session import Session
    from notifications.realtime.threads import in_reader

    told: dict[str, int] = {}

    def device(user_id: str) -> Session:
        async def take(message: dict[str, Any]) -> None:
            told[user_id] = told.get(user_id, 0) + 1

        return Session(user_id, DEVELOPMENT, take)

    for number in range(1, options.online + 1):
        session = device(f"user-{number}")
        await get_hub().join(session)
        session.read_on()
    await _until(lambda: sum(told.values()) >= 2 * options.online)
    rounds = []
    for number in range(options.rounds + 1):
        times: dict[str, float] = {}

        async def timed(name: str, work: Any, times: dict[str, float] = times) -> Any:
            told.clear()
            began = perf_counter()
            done = await in_reader(work)
            times[f"{name}: stored"] = perf_counter() - began
            await _until(lambda: len(told) == options.online)
            times[f"{name}: all told"] = perf_counter() - began
            return done

        made = await timed("announce", lambda: announce(title="Maintenance at noon", identifier="OPS"))
        made.title = f"Maintenance at one {number}"
        await timed("edit", made.save)
        await timed("retract", lambda made=made: retract(made))
        told.clear()
        await in_reader(lambda: announce(title="For one who is away", identifier="OPS"))
        await _until(lambda: len(told) == options.online)
        began = perf_counter()
        await in_reader(head_of, f"user-{options.inboxes - number}")
        times["one returns"] = perf_counter() - began
        await asyncio.sleep(1)
        rounds.append(times)
    return rounds[1:]  # the first one warms up


async def _until(condition: Any) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread, too
            await asyncio.sleep(0.001)


if __name__ == "__main__":
    main()
