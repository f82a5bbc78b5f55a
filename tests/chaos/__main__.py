"""``python -m tests.chaos``: one run, its progress, its report; the exit status is 1 when a promise was broken."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from dataclasses import replace

from tests.chaos import mutants
from tests.chaos.plan import CALM, CALM_NOTIFICATIONS, RESTART, Plan
from tests.chaos.run import Run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="of faults (60)")
    parser.add_argument("--rate", type=float, default=25, help="writes a second (25)")
    parser.add_argument("--scenario", choices=mutants.MUTANTS, help="the run that finds a mutant")
    parser.add_argument("--mutated", action="store_true", help="with the mutant of the scenario")
    parser.add_argument("--calm", action="store_true", help="no faults, no proxies: what a delivery costs")
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--restart", action="store_true", help="drain one of two processes under many sockets")
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--no-node", action="store_true", help="every device runs the Python client")
    asked = parser.parse_args()
    plan = Plan(seed=asked.seed, seconds=asked.seconds, rate=asked.rate)
    if asked.calm:
        plan = replace(
            CALM,
            seed=asked.seed,
            rate=asked.rate / CALM_NOTIFICATIONS,
            engines=asked.servers,
            calm_seconds=asked.seconds,
        )
    if asked.restart:
        plan = replace(RESTART, seed=asked.seed, rate=asked.rate, users=asked.sockets)
    if asked.scenario:
        plan = replace(mutants.MUTANTS[asked.scenario].plan, seed=asked.seed)
        if asked.mutated:
            plan = replace(plan, mutant=asked.scenario, stop_when_red=True)
            mutants.apply(asked.scenario, in_client=True)
    if asked.no_node:
        plan = replace(plan, node=False)
    return asyncio.run(_run(plan))


async def _run(plan: Plan) -> int:
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # as Ctrl-C: end all in good order
    async with Run(plan, say=_say) as run:
        report = await run.through()
    print("\n".join(report.lines()), flush=True)
    return int(report.verdict.is_red)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
