"""The client's algorithm, one rule at a time."""

import pytest

from notifications.client import Outcome, Replica

from .simulated_inbox import SimulatedInbox


@pytest.fixture
def replica(inbox):
    """A device that has seen them."""
    replica = Replica()
    replica.apply(inbox.snapshot())
    return replica


def ids(outcome):
    return [item["id"] for item in outcome.news]


def test_the_first_snapshot_announces_nothing(inbox):
    assert Replica().apply(inbox.snapshot()) == Outcome()


def test_with_history_the_first_snapshot_announces_what_is_unread_oldest_first(inbox):
    read = inbox.create()
    inbox.change(read, is_read=True)
    inbox.create()
    assert ids(Replica(history=True).apply(inbox.snapshot())) == [1, 2, 4]


def test_a_snapshot_gives_a_cursor_and_counts(inbox, replica):
    assert replica.cursor == ("e1", 2)
    assert replica.unread == 2
    assert set(replica.items) == {1, 2}


def test_before_the_first_snapshot_there_is_no_cursor():
    assert Replica().cursor is None


def test_a_new_notification_is_announced(inbox, replica):
    inbox.create()
    assert ids(replica.apply(inbox.changes(2))) == [3]


def test_several_new_ones_are_announced_by_id(inbox, replica):
    first, second = inbox.create(), inbox.create()
    inbox.change(first, title="Edited")  # now the older id has the newer seq
    assert ids(replica.apply(inbox.changes(2))) == [first, second]


def test_what_was_read_elsewhere_meanwhile_is_not_announced(inbox, replica):
    inbox.change(inbox.create(), is_read=True)
    assert ids(replica.apply(inbox.changes(2))) == []


def test_what_was_archived_meanwhile_is_not_announced(inbox, replica):
    inbox.change(inbox.create(), archived_at="2026-11-22T11:00:00.000000Z")
    assert ids(replica.apply(inbox.changes(2))) == []


def test_what_was_deleted_meanwhile_is_not_announced(inbox, replica):
    inbox.delete(inbox.create())
    assert ids(replica.apply(inbox.changes(2))) == []


def test_what_was_passed_over_is_not_announced_when_it_becomes_unread(inbox, replica):
    key = inbox.create()
    inbox.change(key, is_read=True)
    replica.apply(inbox.changes(2))
    inbox.change(key, is_read=False)
    assert ids(replica.apply(inbox.changes(replica.seq))) == []


def test_a_change_of_an_old_notification_is_not_announced(inbox, replica):
    inbox.change(1, title="Edited")
    assert ids(replica.apply(inbox.changes(2))) == []
    assert replica.items[1]["title"] == "Edited"


def test_a_tombstone_removes(inbox, replica):
    inbox.delete(1)
    replica.apply(inbox.changes(2))
    assert set(replica.items) == {2}


def test_what_is_behind_is_dropped(inbox, replica):
    inbox.create()
    frame = inbox.changes(2)
    replica.apply(frame)
    assert replica.apply(frame) == Outcome()
    assert replica.cursor == ("e1", 3)


def test_a_gap_is_asked_for_and_its_frame_dropped(inbox, replica):
    inbox.create()
    inbox.create()
    assert replica.apply(inbox.changes(3)) == Outcome(sync_since=2)
    assert set(replica.items) == {1, 2}


def test_an_overlapping_range_applies_only_what_is_new(inbox, replica):
    inbox.create()
    replica.apply(inbox.changes(2))
    replica.items[3]["title"] = "Kept"
    inbox.create()
    assert ids(replica.apply(inbox.changes(1))) == [4]
    assert replica.items[3]["title"] == "Kept"


def test_an_item_older_than_the_one_held_is_not_applied(inbox, replica):
    inbox.create()
    frame = inbox.changes(2)
    frame["items"][0]["seq"] = 9  # it changed again before the frame was made
    replica.apply(frame)
    assert replica.apply({**frame, "from": 3, "to": 9, "items": [{**frame["items"][0], "title": "Stale"}]}) == Outcome()
    assert replica.items[3]["title"] == "Notification 3"


def test_with_more_to_come_nothing_is_announced_yet(inbox, replica):
    first, second = inbox.create(), inbox.create()
    assert ids(replica.apply(inbox.changes(2, limit=1))) == []
    inbox.change(first, is_read=True)
    assert ids(replica.apply(inbox.changes(3))) == [second]


def test_an_empty_range_at_the_end_announces_what_waited_for_more(inbox, replica):
    inbox.create()
    frame = inbox.changes(2)
    replica.apply({**frame, "more": True})
    assert ids(replica.apply(inbox.changes(3))) == [3]


def test_a_heartbeat_ahead_of_the_device_asks_for_what_is_missing(inbox, replica):
    inbox.create()
    assert replica.apply(inbox.heartbeat()) == Outcome(sync_since=2)


def test_a_heartbeat_where_the_device_stands_corrects_its_counts(inbox, replica):
    assert replica.apply({**inbox.heartbeat(), "unread": 7, "unseen": 5}) == Outcome()
    assert (replica.unread, replica.unseen) == (7, 5)


@pytest.mark.parametrize("kind", ["welcome", "ok", "error", "bye", "something_new"])
def test_other_frames_change_nothing(inbox, replica, kind):
    assert replica.apply({"type": kind}) == Outcome()
    assert replica.cursor == ("e1", 2)


def test_a_later_snapshot_replaces_everything(inbox, replica):
    inbox.delete(1)
    inbox.create()
    replica.apply(inbox.snapshot("too_old"))
    assert set(replica.items) == {2, 3}
    assert replica.cursor == ("e1", 4)


def test_a_later_snapshot_announces_only_what_is_above_the_mark(inbox, replica):
    inbox.create()
    inbox.change(inbox.create(), is_read=True)
    assert ids(replica.apply(inbox.snapshot("behind"))) == [3]
    assert ids(replica.apply(inbox.snapshot("behind"))) == []


def test_a_snapshot_that_reaches_the_mark_lacks_nothing(inbox, replica):
    inbox.create()
    assert not replica.lacks_older(inbox.snapshot("behind", limit=2))


def test_a_snapshot_that_ends_above_the_mark_lacks_older_ones(inbox, replica):
    for _ in range(3):
        inbox.create()
    assert replica.lacks_older(inbox.snapshot("behind", limit=2))


def test_the_first_snapshot_lacks_nothing(inbox):
    assert not Replica().lacks_older(inbox.snapshot(limit=1))


def test_in_a_new_epoch_ids_may_begin_again(replica):
    reset = SimulatedInbox(epoch="e2")
    reset.seq = 10  # so that its times are later
    key = reset.create()
    assert ids(replica.apply(reset.snapshot("epoch"))) == [key]
    assert replica.cursor == ("e2", 11)
    reset.create()
    assert ids(replica.apply(reset.changes(11))) == [2]


def test_in_a_new_epoch_of_the_same_rows_nothing_is_announced_again(inbox, replica):
    inbox.epoch = "e2"
    assert ids(replica.apply(inbox.snapshot("epoch"))) == []
    inbox.create()
    assert ids(replica.apply(inbox.changes(2))) == [3]


def test_only_the_newest_items_are_kept(inbox):
    replica = Replica(capacity=2)
    replica.apply(inbox.snapshot())
    inbox.create()
    assert ids(replica.apply(inbox.changes(2))) == [3]
    assert set(replica.items) == {2, 3}


def test_a_forgotten_item_that_changes_is_not_announced(inbox):
    replica = Replica(capacity=1)
    replica.apply(inbox.snapshot())
    inbox.change(1, title="Edited")
    assert ids(replica.apply(inbox.changes(2))) == []


def test_a_snapshot_without_the_newest_does_not_lower_the_mark(inbox, replica):
    key = inbox.create()
    replica.apply(inbox.changes(2))
    inbox.change(key, archived_at="2026-11-22T11:00:00.000000Z")
    replica.apply(inbox.snapshot("too_old"))
    inbox.change(key, archived_at=None)
    assert ids(replica.apply(inbox.changes(4))) == []


def test_in_a_new_epoch_what_was_created_before_the_newest_known_is_not_announced(inbox, replica):
    late, early = inbox.create(), inbox.create()
    inbox.rows[late]["created_at"] = "2026-11-22T10:00:02.000000Z"
    inbox.rows[early]["created_at"] = "2026-11-22T10:00:01.000000Z"
    replica.apply(inbox.changes(2, limit=1))
    replica.apply(inbox.changes(3))
    restored = SimulatedInbox(epoch="e2")
    restored.create()
    restored.rows[1]["created_at"] = "2026-11-22T10:00:01.500000Z"
    assert ids(replica.apply(restored.snapshot("epoch"))) == []
