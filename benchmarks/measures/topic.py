"""Publishing to the subscribers of a topic."""

from __future__ import annotations

import asyncio
import json
from statistics import median
from time import perf_counter

from benchmarks.loading import load
from benchmarks.subjects.engine import Engine
from benchmarks.subjects.filling import subscriptions
from benchmarks.trial import Stage, Trial

TITLE = "a topic of 10,000 subscribers, 1,000 of them online"
SUBJECTS = ("engine",)
SUBSCRIBERS, ONLINE = 10_000, 1000
TOPIC = "releases"
TIMES = 3
LOOK_SECONDS = 0.02


async def measure(trial: Trial) -> None:
    subscribers, online = trial.sizes.count(SUBSCRIBERS), trial.sizes.count(ONLINE)
    subject = trial.subject
    assert isinstance(subject, Engine)
    subject.renew()
    load(subject.url, [subscriptions(TOPIC, subscribers, is_sqlite=subject.place.is_sqlite)])
    async with trial.stage(fresh=False) as stage:
        await stage.open(f"u{1 + number * (subscribers // online)}" for number in range(online))
        await _publish(trial, stage, subject)  # in which the inboxes open
        with stage.watching() as watched:
            took = [await _publish(trial, stage, subject) for _ in range(TIMES)]
        for name in took[0]:
            trial.note(name, median(each[name] for each in took) * 1000, "ms", watched)


async def _publish(trial: Trial, stage: Stage, subject: Engine) -> dict[str, float]:
    """Seconds from the request."""
    online = len(stage.crowd.devices)
    stage.crowd.forget()
    began = perf_counter()
    made = json.loads(await stage.lines.ask(subject.announce("version 2", topic=TOPIC)))
    stored = perf_counter() - began
    delivered = 0
    while delivered < made["recipients"]:
        await asyncio.sleep(LOOK_SECONDS)
        look = subject.get(f"/notifications/announcements/{made['id']}")
        delivered = json.loads(await stage.lines.ask(look))["delivered"]
    in_all = perf_counter() - began
    if not await stage.crowd.items_reach(online):
        trial.say(f"only {stage.crowd.items} of {online} were told")
    return {"stored": stored, "in every inbox": in_all, "all told": stage.crowd.heard[-1][0] - began}
