"""The knobs of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

EVERY_FAULT = (
    "kill", "kill-delivering", "drain", "stop", "redis-killed", "redis-deaf", "redis-flushed", "database-terminated",
    "database-away", "links-cut", "links-frozen", "links-slow", "devices-aborted", "hints-suppressed",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is done, for how long. A seed draws the same faults and writes; the machine's timing stays its own."""

    seed: int = 1
    calm_seconds: float = 8
    seconds: float = 60
    """Of faults, one every ``fault_every`` seconds."""
    outage_seconds: float = 5
    """Without Redis, and without any other fault, so that its cost can be told."""
    tail_seconds: float = 3
    """Of single writes after all is healed: they must come by hints again, not by the sweep."""
    fault_every: float = 2
    faults: tuple[str, ...] = EVERY_FAULT
    engines: int = 3
    workers: int = 1
    """Of each server."""
    is_direct: bool = False
    """Without proxies in between, to measure the engine alone."""
    users: int = 12
    strangers: int = 20
    """Users without a device whom lists and topics reach, too."""
    part: int = 5
    """Recipients of one part of a list, so that a delivery takes several."""
    devices: tuple[int, int] = (2, 3)
    """Of a user: at least, at most."""
    node: bool = True
    """The second of each user runs the bell's headless client, where there is a Node for it."""
    rate: float = 25
    """Writes a second."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Of the writers' acts, in place of the usual ones."""
    absent: int = 2
    """Users whose devices are away while much happens: too much for one frame, and for one more than for changes."""
    silent: bool = True
    """End with a write to every inbox of which no hint tells."""
    restart: bool = False
    """Drain one worker under load; every device must be back within ``BACK_SECONDS``."""
    newcomers: int = 0
    """Users each of whom connects at the very moment of the only write to that inbox."""
    database_delay: float = 0
    """Seconds each way between servers and PostgreSQL, all the time."""
    token_seconds: int = 90
    """How long a device's token lives: sockets end with 4401 and come back with another."""
    options: Mapping[str, object] = field(default_factory=dict)
    """Of ``settings.NOTIFICATIONS``, in every server."""
    sql: str = ""
    """What the mutant needs in the database."""
    mutant: str | None = None
    stop_when_red: bool = False


CALM = Plan(
    seconds=0, outage_seconds=0, absent=0, tail_seconds=0, silent=False, users=40, is_direct=True, node=False,
    weights={"rest_one": 4, "rest_batch": 1},
)  # fmt: skip
"""What a delivery costs when nothing breaks: single sends, and batches of 2 to 40."""
CALM_NOTIFICATIONS = 5
"""Of one act there, on average."""
RESTART = replace(
    CALM,
    calm_seconds=3,
    engines=1,
    workers=2,
    devices=(1, 1),
    restart=True,
    token_seconds=3600,
    weights={"python_one": 1},
    options={"HEARTBEAT_SECONDS": 25},
    silent=False,
)
"""One of two processes of a server is replaced while every device is connected."""
