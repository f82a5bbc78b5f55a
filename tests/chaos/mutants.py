"""Breaking the engine on purpose: ``python -m tests.chaos.mutants`` fails if the judge stays green."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos import breaking
from tests.chaos.apart import run_apart
from tests.chaos.plan import Plan
from tests.chaos.report import RED

SHORT = {"calm_seconds": 3, "seconds": 0, "outage_seconds": 0, "tail_seconds": 0, "absent": 0, "silent": False}
CREATING = {"rest_one": 4, "python_one": 4, "python_many": 1}
DELIVERING = {
    **SHORT, "seconds": 16, "engines": 1, "users": 4, "faults": ("kill-delivering",), "fault_every": 4, "rate": 12,
    "node": False,
    "weights": {"python_list": 2, "python_topic": 2, "come_and_go": 4},
    "sql": "DROP INDEX notification_announcement_once",
}  # fmt: skip
"""Without what the database itself refuses, so that the engine's own care is all there is. Four deaths: after five soon
after their start the server takes its workers for broken, and gives up."""
SECONDS_MAX = 240


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """``breaks``: in one sentence. ``plan``: the shortest run that finds it, and that stays green without it.

    ``shows``: the verdicts it is found by, one of them; any other redness is not its doing.
    """

    breaks: str
    shows: tuple[str, ...]
    patch: Callable[[], None]
    plan: Plan
    is_in_client: bool = False
    needs_node: bool = False


MUTANTS = {
    "sweep-off": Mutant(
        breaks="The sweep never runs, so nothing repairs a hint that was lost.",
        shows=("lost",),
        patch=breaking.sweep_off,
        plan=Plan(**{**SHORT, "silent": True}, engines=1, users=4),
    ),
    "probe-off": Mutant(
        breaks="Nobody tries the link to Redis, so one that is open but deaf stays so, and its server hears no hint.",
        shows=("late",),
        patch=breaking.probe_off,
        plan=Plan(
            **{**SHORT, "seconds": 2, "tail_seconds": 3}, engines=2, users=6, faults=("redis-deaf",), rate=10,
            weights=CREATING,
        ),
    ),
    "global-sequence": Mutant(
        breaks="Numbers come from one sequence for all and not under the inbox's lock: they are seen out of order.",
        shows=("lost", "disordered"),
        patch=breaking.global_sequence,
        plan=Plan(
            **{**SHORT, "calm_seconds": 6}, engines=1, users=3, rate=40, weights=CREATING,
            sql="CREATE SEQUENCE chaos_seq",
        ),
    ),
    "read-before-subscribe": Mutant(
        breaks="A socket reads its inbox first and hears of it only then: what is committed in between is not sent.",
        shows=("lost",),
        patch=breaking.read_before_subscribe,
        plan=Plan(
            **SHORT, engines=1, users=1, newcomers=60, database_delay=0.02, weights=CREATING, rate=5,
            options={"SWEEP_SECONDS": 60},
        ),
    ),
    "head-after-rows": Mutant(
        breaks="The rows are read before the position: what is committed in between is claimed to be there and is not.",
        shows=("lost",),
        patch=breaking.head_after_rows,
        plan=Plan(
            **{**SHORT, "seconds": 6}, engines=1, users=4, rate=30, weights=CREATING, database_delay=0.02,
            faults=("hints-suppressed", "devices-aborted"),
        ),
    ),
    "publish-before-commit": Mutant(
        breaks="Sockets are told while the transaction is open: of what is then rolled back, too.",
        shows=("invented",),
        patch=breaking.publish_before_commit,
        plan=Plan(**{**SHORT, "calm_seconds": 6}, engines=1, users=4, weights={**CREATING, "python_refused": 3}),
    ),
    "announce-per-frame": Mutant(
        breaks="A device announces what each frame brings and not what all of a catch-up add up to.",
        shows=("lost", "disordered"),
        patch=breaking.announce_per_frame,
        plan=Plan(**{**SHORT, "absent": 2}, engines=1, users=3, node=False),
        is_in_client=True,
    ),
    "bell-announces-per-frame": Mutant(
        breaks="The bell's client announces what each frame brings, in Node, while the Python client is right.",
        shows=("lost", "disordered"),
        patch=breaking.announce_per_frame_in_the_bell,
        plan=Plan(**{**SHORT, "absent": 2}, engines=1, users=3),
        is_in_client=True,
        needs_node=True,
    ),
    "bell-drops-a-frame": Mutant(
        breaks="The bell's client passes over what one of fifty frames brings.",
        shows=("lost", "stale"),
        patch=breaking.drop_a_frame_in_the_bell,
        plan=Plan(**{**SHORT, "calm_seconds": 6}, engines=1, users=4, weights=CREATING),
        is_in_client=True,
        needs_node=True,
    ),
    "rows-before-position": Mutant(
        breaks="The rows of a part are committed before it is marked delivered: who dies in between delivers it twice.",
        shows=("twice",),
        patch=breaking.rows_before_position,
        plan=Plan(**DELIVERING),
    ),
    "position-before-rows": Mutant(
        breaks="A part is marked delivered, and its rows are committed only then: who dies in between loses them.",
        shows=("lost",),
        patch=breaking.position_before_rows,
        plan=Plan(**DELIVERING),
    ),
    "late-audience": Mutant(
        breaks="Who is subscribed to a topic is asked when it is delivered, and not when it is published.",
        shows=("lost", "invented"),
        patch=breaking.late_audience,
        plan=Plan(**DELIVERING),
    ),
    "lists-stay": Mutant(
        breaks="What was announced to a list or a topic is not taken back out of the inboxes that have it.",
        shows=("lost",),
        patch=breaking.lists_stay,
        plan=Plan(**{**DELIVERING, "seconds": 0, "calm_seconds": 6}),
    ),
}  # fmt: skip


def apply(name: str, *, in_client: bool = False) -> None:
    """Break this process; a mutant of the client breaks the rig's, the others the engine's."""
    mutant = MUTANTS[name]
    if mutant.is_in_client == in_client:
        mutant.patch()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MUTANTS))
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    missed = [name for name in asked.names or MUTANTS if not _is_found(name, asked.seed)]
    print(f"The judge missed: {', '.join(missed)}" if missed else "The judge found every mutant.")
    return int(bool(missed))


def _is_found(name: str, seed: int) -> bool:
    """The same run twice: green without the mutant, red with it."""
    from tests.chaos.node_devices import node  # not in the engine's processes

    print(f"{name}: {MUTANTS[name].breaks}", flush=True)
    if MUTANTS[name].needs_node and node() is None:
        print("  not run, for want of Node 20: apt-get install nodejs", flush=True)
        return "CI" not in os.environ
    return all([_run(name, seed, is_mutated=False), _run(name, seed, is_mutated=True)])


def _run(name: str, seed: int, *, is_mutated: bool) -> bool:
    began = time.monotonic()
    flags = ["--scenario", name, "--seed", str(seed), *(["--mutated"] if is_mutated else [])]
    status, output, errors = run_apart(*flags, seconds=SECONDS_MAX)
    verdict = output.rstrip().rpartition("\n")[2]
    colour = "red" if verdict == RED else "green" if status == 0 else "failed"
    told = ""
    if is_mutated:
        shown = tuple(f"{verdict}: " for verdict in MUTANTS[name].shows)
        told = next((line for line in output.splitlines() if line.startswith(shown)), "")
        colour = colour if told or colour != "red" else "red for another reason"
    is_right = colour == ("red" if is_mutated else "green")
    print(
        f"  {'mutated  ' if is_mutated else 'unchanged'} {colour:6} {time.monotonic() - began:3.0f} s  {told}",
        flush=True,
    )
    if not is_right:
        print(output[-4000:] + errors[-3000:], flush=True)
    return is_right


if __name__ == "__main__":
    sys.exit(main())
