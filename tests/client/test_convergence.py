"""Whatever happens to the frames on their way, the device ends where the inbox is and says each thing once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.client import Replica

from .simulated_inbox import SimulatedInbox

KEYS = st.integers(1, 40)
EVENTS = st.one_of(
    st.tuples(st.just("create"), st.integers(0, 2)),
    st.tuples(st.just("read"), KEYS),
    st.tuples(st.just("unread"), KEYS),
    st.tuples(st.just("archive"), KEYS),
    st.tuples(st.just("unarchive"), KEYS),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.just("send"), st.integers(0, 3)),  # the changes since some number back
    st.tuples(st.just("deliver"), st.integers(0, 5)),  # one of the frames on their way, again and again perhaps
    st.tuples(st.just("lose"), st.integers(0, 5)),
    st.tuples(st.just("heartbeat"), st.none()),
    st.tuples(st.just("reconnect"), st.sampled_from(["changes", "too_old", "epoch"])),
)


class Journey:
    """A device that follows an inbox over a link that loses, doubles and reorders."""

    def __init__(self, *, snapshot_limit, changes_limit):
        self.inbox, self.replica = SimulatedInbox(), Replica(capacity=10_000)
        self.limits = snapshot_limit, changes_limit
        self.on_the_way, self.heard = [], []
        self.take(self.inbox.snapshot())

    def take(self, frame):
        if frame["type"] == "snapshot":
            frame = self.inbox.completed(frame, self.replica)
        outcome = self.replica.apply(frame)
        self.heard += [item["id"] for item in outcome.news]
        if outcome.sync_since is not None:
            self.on_the_way.append(self.inbox.changes(outcome.sync_since))

    def reconnect(self, why):
        """A new socket: what was on the way is gone, and frames come in order until the head is reached."""
        self.on_the_way.clear()
        snapshot_limit, changes_limit = self.limits
        if why == "epoch":
            self.inbox.epoch += "'"
        if why != "changes" or self.replica.epoch != self.inbox.epoch:
            self.take(self.inbox.snapshot(why, limit=snapshot_limit))
        while self.replica.seq < self.inbox.seq:
            self.take(self.inbox.changes(self.replica.seq, limit=changes_limit))

    def happen(self, event, value):
        inbox = self.inbox
        match event:
            case "create":
                inbox.create(gap=value)
            case "read" | "unread":
                inbox.change(value, is_read=event == "read")
            case "archive" | "unarchive":
                inbox.change(value, archived_at="2026-11-22T11:00:00.000000Z" if event == "archive" else None)
            case "delete":
                inbox.delete(value)
            case "send":
                self.on_the_way.append(inbox.changes(max(0, inbox.seq - value)))
            case "deliver" if self.on_the_way:
                self.take(self.on_the_way[value % len(self.on_the_way)])
            case "lose" if self.on_the_way:
                del self.on_the_way[value % len(self.on_the_way)]
            case "heartbeat":
                self.take(inbox.heartbeat())
            case "reconnect":
                self.reconnect(value)


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.integers(1, 6), st.integers(1, 6))
def test_the_device_ends_where_the_inbox_is_and_announces_each_once(events, snapshot_limit, changes_limit):
    journey = Journey(snapshot_limit=snapshot_limit, changes_limit=changes_limit)
    for event, value in events:
        journey.happen(event, value)
    journey.reconnect("changes")
    inbox, replica, heard = journey.inbox, journey.replica, journey.heard

    assert replica.cursor == (inbox.epoch, inbox.seq)
    assert replica.unread == len(inbox.unread)
    held = {key: item for key, item in replica.items.items() if item["archived_at"] is None}
    assert held.items() <= {row["id"]: row for row in inbox.active}.items()
    assert heard == sorted(set(heard)), "twice, or out of order"
    assert inbox.untouched <= set(heard), "lost"


@settings(max_examples=60, deadline=None)
@given(st.lists(EVENTS.filter(lambda event: event[0] != "reconnect"), max_size=60))
def test_without_snapshots_the_device_holds_exactly_what_a_fresh_read_would(events):
    journey = Journey(snapshot_limit=100, changes_limit=500)
    for event, value in events:
        journey.happen(event, value)
    journey.reconnect("changes")
    fresh = Replica()
    fresh.apply(journey.inbox.snapshot())
    held = {key: item for key, item in journey.replica.items.items() if item["archived_at"] is None}
    assert held == fresh.items
