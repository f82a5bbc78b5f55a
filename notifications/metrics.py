"""Everything the engine counts; ``notifications.ops.metrics`` shows it, ``docs/operations.md`` explains it.

It lies at the bottom so that every room can count. A count costs 0.3 µs in memory and 0.9 µs when several workers
share their numbers through files (``manage.py serve --workers N``), where finding a label each time would double that:
what is counted per frame has its labels resolved here, once.

``multiprocess_mode`` says how the gauges of several workers become one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from time import monotonic

from django.db import transaction
from prometheus_client import Counter, Gauge, Histogram

# Sockets ----------------------------------------------------------------------------------------------------------

sockets_open = Gauge("notifications_sockets_open", "Sockets that are open.", multiprocess_mode="livesum")
users_connected = Gauge(
    "notifications_users_connected",
    "Users with an open socket; one with sockets in two workers counts twice.",
    multiprocess_mode="livesum",
)
sockets_opened = Counter("notifications_sockets_opened", "Handshakes that were accepted.")
_closed = Counter("notifications_sockets_closed", "Accepted sockets that ended, by close code.", ["code"])
_frames = Counter("notifications_frames_sent", "Frames handed to sockets, by type.", ["type"])
_snapshots = Counter("notifications_snapshots", "Snapshots made for sockets, by reason.", ["reason"])
push_seconds = Histogram(
    "notifications_push_seconds",
    "From commit to handed to the sockets, for changes committed by the process that holds them; once for those that "
    "take it at once.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

# Hints and the sweep ----------------------------------------------------------------------------------------------

_hints = Counter("notifications_hints", "Hints for other processes, by what became of them.", ["outcome"])
hints_heard = Counter("notifications_hints_heard", "Hints of other processes that came through the channel layer.")
hub_rebuilds = Counter("notifications_hub_rebuilds", "Attempts to make a lost subscription to the layer anew.")
_repairs = Counter(
    "notifications_sweep_repairs",
    "Sockets found behind by the sweep that no hint moved within a second: lost, or there was no layer to bring one.",
    ["hint"],
)
sweep_seconds = Histogram(
    "notifications_sweep_seconds",
    "One comparison of all connected users with the database.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)

# Requests ---------------------------------------------------------------------------------------------------------

_responses = Counter(
    "notifications_http_responses", "Answers to requests, by the first digit of their status.", ["class"]
)

# The database -----------------------------------------------------------------------------------------------------

stored = Counter("notifications_stored", "Notifications stored and committed.")
create_seconds = Histogram(
    "notifications_create_seconds",
    "From the beginning of storing, one or a chunk, to its commit.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
expiry_lag_seconds = Histogram(
    "notifications_expiry_lag_seconds",
    "How overdue a notification was when the clock came to expire it.",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300),
)
counter_drift = Gauge(
    "notifications_counter_drift",
    "Inboxes whose counters differ from a recount of their rows. Must stay 0.",
    multiprocess_mode="livemax",
)
inboxes_audited = Counter("notifications_inboxes_audited", "Recounts of an inbox by the audit.")
database_up = Gauge(
    "notifications_database_up", "Whether the database answers and is migrated.", multiprocess_mode="livemostrecent"
)

# When something last happened, on the monotonic clock of the machine, so that workers compare: shown as an age, which
# grows when nobody sets it any more. Infinity: there is no reason for it to happen, which is an age of 0.

swept_at = Gauge(
    "notifications_swept_monotonic_seconds", "When connected users were last compared.", multiprocess_mode="livemin"
)
clock_at = Gauge("notifications_clock_monotonic_seconds", "The clock's last good round.", multiprocess_mode="livemin")
AGES = {
    "notifications_swept_monotonic_seconds": "notifications_sweep_age_seconds",
    "notifications_clock_monotonic_seconds": "notifications_clock_age_seconds",
}
swept_at.set(inf)
clock_at.set(inf)


class _Children(dict[object, Counter]):
    """The children of one label, found by its value; a value that is not known counts as ``other``."""

    def __init__(self, parent: Counter, values: Iterable[object]) -> None:
        super().__init__((value, parent.labels(str(value))) for value in values)
        self._parent = parent

    def __missing__(self, value: object) -> Counter:
        return self._parent.labels("other")


FRAMES = ("welcome", "snapshot", "changes", "ok", "error", "heartbeat", "bye")
REASONS = ("first", "epoch", "too_old", "regressed", "behind")
CODES = (1000, 1001, 1002, 1005, 1006, 1007, 1009, 4400, 4401, 4403, 4408, 4012, 4013, 4429)

frames_sent = _Children(_frames, FRAMES)
snapshots = _Children(_snapshots, REASONS)
sockets_closed = _Children(_closed, CODES)
http_responses = _Children(_responses, range(1, 6))
hints = _Children(_hints, ("published", "failed", "dropped"))
sweep_repairs = _Children(_repairs, ("lost", "no_layer"))


def count_stored(number: int, *, began: float, using: str) -> None:
    """Notifications stored in the transaction that runs; what is rolled back is not counted. ``began``: monotonic."""

    def count() -> None:
        stored.inc(number)
        create_seconds.observe(monotonic() - began)

    transaction.on_commit(count, using=using, robust=True)
