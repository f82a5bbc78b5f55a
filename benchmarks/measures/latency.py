"""From a request that is due to the frame at the user's socket, at a steady pace."""

from __future__ import annotations

from benchmarks.figures import percentile
from benchmarks.load.paced import open_loop
from benchmarks.subjects.database import Database
from benchmarks.trial import Trial, Watched

TITLE = "create → socket, open loop, 20 users"
SUBJECTS = ("baseline", "engine", "engine-viewset", "database")
USERS = [f"u{number}" for number in range(20)]
RATES = ((20, 10), (100, 10))
"""Requests a second, for so many seconds."""


async def measure(trial: Trial) -> None:
    subject = trial.subject
    if isinstance(subject, Database):
        _commits(trial, subject)
        return
    async with trial.stage() as stage:
        await stage.open(USERS)
        for rate, seconds in RATES:
            with stage.watching() as watched:
                took = await open_loop(
                    stage.lines,
                    stage.crowd,
                    lambda title: subject.create(USERS[hash(title) % len(USERS)], title),
                    rate=rate,
                    seconds=trial.sizes.seconds(seconds),
                    prefix=f"r{rate}n",
                )
            _note(trial, rate, took, watched)


def _commits(trial: Trial, database: Database) -> None:
    """What nobody can be quicker than who has it on the disk before it is told."""
    database.renew()
    for rate, seconds in RATES:
        took, load = database.commits(rate, seconds=trial.sizes.seconds(seconds))
        _note(trial, rate, took, Watched(load=load))


def _note(trial: Trial, rate: int, took: list[float], watched: Watched) -> None:
    for percent in (50, 99):
        trial.note(f"p{percent} at {rate}/s", percentile(took, percent), "ms", watched)
