"""One message to everyone while a million users are known: announced, edited, retracted, and found by who was away."""

from __future__ import annotations

import json
from statistics import median
from time import perf_counter

from benchmarks.subjects.engine import Engine
from benchmarks.subjects.filling import inboxes
from benchmarks.trial import Stage, Trial

TITLE = "to 1,000,000 known users: stored, and the last of those online told"
SUBJECTS = ("engine",)
KNOWN = 1_000_000
ONLINE = (1000, 5000)
TIMES = 5

Took = dict[str, list[float]]


async def measure(trial: Trial) -> None:
    subject, known = trial.subject, trial.sizes.count(KNOWN)
    assert isinstance(subject, Engine)
    subject.renew()
    subject.fill(inboxes(known))
    trial.say(f"{known:,} inboxes are there")
    async with trial.stage(fresh=False) as stage:
        opened = away = 0
        for online in map(trial.sizes.count, ONLINE):
            await stage.open(f"u{number}" for number in range(opened + 1, online + 1))
            opened = online
            trial.say(f"{online:,} are online")
            await _round(trial, stage, subject, f"u{known}", {})  # in which everything is done the first time
            took: Took = {}
            with stage.watching() as watched:
                for _ in range(TIMES):
                    away += 1
                    await _round(trial, stage, subject, f"u{known - away}", took)
            for name, values in took.items():
                trial.note(f"{online:,} online: {name}", median(values) * 1000, "ms", watched)


async def _round(trial: Trial, stage: Stage, subject: Engine, away: str, took: Took) -> None:
    """``away``: a user nobody has looked at since the beginning."""
    made = json.loads(await _told(trial, stage, "announce", subject.announce("noon", audience="everyone"), took))
    path = f"/notifications/announcements/{made['id']}"
    await _told(trial, stage, "edit", subject.send("PATCH", path, {"title": "one"}), took)
    door = subject.door(away, cursor=subject.cursors([away])[away])
    began = perf_counter()
    device = await stage.crowd.open(door)
    took.setdefault("one who was away is back", []).append(perf_counter() - began)
    device.cut()
    await device.is_gone.wait()
    await _told(trial, stage, "retract", subject.send("DELETE", path), took)


async def _told(trial: Trial, stage: Stage, name: str, raw: bytes, took: Took) -> bytes:
    """Send it, and wait until every device has heard of it."""
    online = len(stage.crowd.devices)
    stage.crowd.forget()
    began = perf_counter()
    body = await stage.lines.ask(raw)
    took.setdefault(f"{name}, stored", []).append(perf_counter() - began)
    if not await stage.crowd.items_reach(online):
        trial.say(f"{name}: only {stage.crowd.items} of {online} were told")
    took.setdefault(f"{name}, all told", []).append(stage.crowd.heard[-1][0] - began)
    return body
