"""The end of a run: the judge is asked, deliveries are measured, and nothing may be left when every device has gone."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from tests.chaos import deliveries, fresh
from tests.chaos.judge import TRUTH, judge, seen_live
from tests.chaos.processes import Engine, until

if TYPE_CHECKING:
    from tests.chaos.run import Run

LEAVE_SECONDS = 15
OUTAGE_SECONDS = 2.5
"""The longest delivery without Redis, on a socket that is open."""
HINT_SECONDS = 0.3
"""The median delivery by hints lies far below, by a sweep every second far above."""
MANY_USERS = 100
"""So many are not each looked at over REST."""
USERS_AT_ONCE = 20
LEFT = ("sockets", "users", "hub_tasks", "kept_tasks", "sessions")
CANNOT = "cannot take"
"""What an inbox refuses of an announcement, which only one that was meddled with may do."""
NO_CHANNELS = b"*0\r\n"


async def passed(run: Run) -> None:
    truth = {}
    everybody = [*run.users, *run.strangers]
    for start in range(0, len(everybody), USERS_AT_ONCE):
        truth |= await run.ask(TRUTH, users=everybody[start : start + USERS_AT_ONCE])
    if run.is_over and not run.verdict.is_red:
        for device in run.devices:
            seen_live(run.verdict, device)
    elif not run.is_over:
        await asyncio.sleep(0.5)  # slow readers tell the last of it
        await until(lambda: not any(d.is_behind for d in run.devices), seconds=20)
        await asyncio.gather(*(device.look() for device in run.devices))
        judge(run.verdict, truth, run.ledger, run.devices)
        for user in run.users[: run.plan.users] if run.plan.users < MANY_USERS else ():
            address = random.choice(run.engines).address
            run.verdict.stale += await fresh.differences(address, run.headers, user, truth[user])
    run.verdict.problems += run.ledger.problems + run.faults.problems
    run.verdict.problems += [f"{d.name} gave up: {d.failure!r}" for d in run.devices if d.failure]
    run.verdict.problems += [line for engine in run.engines for line in _tracebacks(engine)]
    commits = await run.ask(deliveries.COMMITS)
    if "without faults" in run.phases.windows:
        run.per_second = deliveries.per_second(commits, run.phases.windows["without faults"])
    run.spreads, by_engine = deliveries.measured(commits, [d.seen for d in run.devices], run.phases)
    outage = run.spreads.get("without Redis")
    if outage is not None and outage.longest > OUTAGE_SECONDS:
        run.verdict.late.append(f"without Redis: {outage}")
    for (phase, engine), spread in sorted(by_engine.items()):
        if phase == "after healing" and spread.p50 > HINT_SECONDS:
            run.verdict.late.append(f"{engine} {phase}: {spread}")


async def left_behind(run: Run) -> None:
    """Every device goes; then nothing of them may be left in any server, nor in Redis."""
    await asyncio.gather(*(device.close() for device in run.devices))
    deadline = time.monotonic() + LEAVE_SECONDS
    for engine in run.engines:
        held: list[dict[str, int]] = []
        while time.monotonic() < deadline:
            with suppress(OSError, TimeoutError):
                held = await engine.ask()
            left = [{name: each[name] for name in LEFT if each[name]} for each in held]
            if held and not any(left):
                break
            await asyncio.sleep(0.3)
        else:
            run.verdict.left.append(f"{engine.name} holds {left}")
    for link in run.redis_links.values():
        link.cut_disturbed()  # Redis never heard of the server's leaving them
    while (answer := await run.redis.command("PUBSUB", "CHANNELS", "*")) != NO_CHANNELS:
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.3)
    else:
        return
    run.verdict.left.append(f"Redis has subscriptions: {answer[:300]!r}")


def _tracebacks(engine: Engine) -> list[str]:
    """What the engine itself did not foresee; libraries may complain of a Redis that went away."""
    lines = engine.log.splitlines()
    return [
        f"{engine.name} logged: {line}"
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if (following.startswith("Traceback") and " notifications." in line) or CANNOT in line
    ]
