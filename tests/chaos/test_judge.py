"""The judge finds each kind of broken promise, and nothing where all were kept."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.chaos.devices import Held, Seen
from tests.chaos.judge import Verdict, judge
from tests.chaos.ledger import PLAIN, TOUCHED, Ledger


class Story:
    """Alice has three notifications; the second was read, the third archived. Her phone was there all the time."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        for key in ("one", "two", "three"):
            self.ledger.ask(["alice"], key)
            self.ledger.acknowledge(["alice"], key)
        rows = [row(1, "one", PLAIN), row(2, "two", TOUCHED), row(3, "three", TOUCHED, archived_at="then")]
        self.inbox: dict[str, Any] = {
            "epoch": "e", "seq": 5, "unread": 1, "unseen": 1, "drift": None, "rows": rows,
            "keys": ["one", "two", "three"], "deleted": [], "ids": [1, 2, 3],
        }  # fmt: skip
        self.name, self.user = "phone", "alice"
        self.seen = Seen(self.name, self.user, self.ledger)
        self.seen.connecting("server1")
        self.seen.frame({"type": "welcome"}, 0)
        self.seen.frame({"type": "snapshot", "reason": "first", "to": 0, "items": [], "more": False}, 0)
        self.seen.announcement(rows[0])
        self.items = {1: deepcopy(rows[0]), 2: deepcopy(rows[1])}
        self.counts, self.cursor, self.missed = (1, 1), ("e", 5), 0

    @property
    def held(self) -> Held:
        return Held(self.cursor, *self.counts, self.items, self.missed)

    def judged(self) -> dict[str, list[str]]:
        verdict = Verdict()
        judge(verdict, {"alice": self.inbox}, self.ledger, [self])
        return verdict.broken_promises


def row(pk: int, title: str, identifier: str, **more: object) -> dict[str, Any]:
    return {"id": pk, "seq": pk, "title": title, "identifier": identifier, "archived_at": None, **more}


@pytest.fixture
def story() -> Story:
    return Story()


def test_kept_promises_are_nothing_to_speak_of(story: Story) -> None:
    assert story.judged() == {}


def test_what_was_acknowledged_must_be_stored(story: Story) -> None:
    story.ledger.ask(["alice"], "four")
    story.ledger.acknowledge(["alice"], "four")
    assert [*story.judged()] == ["lost"]


def test_what_a_full_device_forgot_is_not_lost_when_it_is_full_no_more(story: Story) -> None:
    story.inbox["rows"] = [row(pk, f"{pk}", TOUCHED) for pk in range(1, 1003)]
    story.items = {pk: deepcopy(story.inbox["rows"][pk - 1]) for pk in range(3, 1003)}
    story.seen.holds(story.items)
    del story.inbox["rows"][500], story.items[501]
    assert "lost" not in story.judged()
    del story.items[700]
    assert [*story.judged()["lost"]] == ["phone does not hold 700 (700)"]


def test_what_was_rolled_back_must_not_be_stored(story: Story) -> None:
    story.inbox["keys"].append("five")
    assert [*story.judged()] == ["invented"]


def test_what_was_rolled_back_must_not_be_sent(story: Story) -> None:
    story.seen.frame({"type": "changes", "from": 0, "to": 1, "items": [row(9, "five", PLAIN)]}, 0)
    assert [*story.judged()] == ["invented"]


def test_a_key_is_stored_once(story: Story) -> None:
    story.inbox["keys"].append("two")
    assert [*story.judged()] == ["twice"]


def test_an_acknowledged_deletion_stays(story: Story) -> None:
    story.ledger.deleted["alice"].add(2)
    assert [*story.judged()] == ["lost"]


def test_what_was_taken_back_stays_nowhere(story: Story) -> None:
    story.ledger.retracted.add("three")
    assert [*story.judged()] == ["lost"]


def test_what_was_corrected_is_so_everywhere(story: Story) -> None:
    for each in (story.inbox["rows"][0], story.items[1]):
        each["description"] = "old"
    story.ledger.edited["one"] = "new"
    assert [*story.judged()] == ["stale"]


def test_counters_are_what_the_rows_add_up_to(story: Story) -> None:
    story.inbox["drift"] = "1 is not 2"
    assert [*story.judged()] == ["drift"]


def test_a_device_shows_the_counts_of_the_database(story: Story) -> None:
    story.counts = (2, 1)
    assert [*story.judged()] == ["drift"]


def test_a_device_announces_what_nobody_touched(story: Story) -> None:
    story.seen.announced.clear()
    assert [*story.judged()] == ["lost"]


def test_a_device_announces_nothing_twice(story: Story) -> None:
    story.seen.announcement(row(1, "one", PLAIN))
    assert [*story.judged()] == ["twice"]


def test_a_device_announces_in_the_order_of_ids(story: Story) -> None:
    story.seen.announcement(row(3, "three", TOUCHED))
    story.seen.announcement(row(2, "two", TOUCHED))
    assert [*story.judged()] == ["disordered"]


def test_a_device_stands_where_the_inbox_does(story: Story) -> None:
    story.cursor = ("e", 4)
    assert [*story.judged()] == ["lost"]


def test_a_device_holds_every_active_row(story: Story) -> None:
    del story.items[2]
    assert [*story.judged()] == ["lost"]


def test_what_a_snapshot_left_out_is_had_over_rest(story: Story) -> None:
    del story.items[1]
    story.seen.floor = 2
    assert story.judged() == {}


def test_a_device_holds_rows_as_they_are_now(story: Story) -> None:
    story.items[2]["read_at"] = "never"
    assert [*story.judged()] == ["stale"]


def test_a_device_holds_nothing_that_was_deleted(story: Story) -> None:
    story.items[9] = row(9, "nine", PLAIN)
    assert [*story.judged()] == ["stale"]


def test_a_device_completes_its_snapshots(story: Story) -> None:
    story.missed = 1
    assert [*story.judged()] == ["lost"]


def test_frames_chain(story: Story) -> None:
    story.seen.frame({"type": "changes", "from": 3, "to": 4, "items": []}, 0)
    assert [*story.judged()] == ["broken"]


def test_a_device_that_returns_gets_the_changes_after_its_cursor(story: Story) -> None:
    story.seen.connecting("server2")
    story.seen.frame({"type": "changes", "from": 4, "to": 5, "items": []}, 3)
    assert [*story.judged()] == ["broken"]


def test_a_planned_restart_cuts_nobody(story: Story) -> None:
    story.seen.ended(1006, was_drained=True)
    assert [*story.judged()] == ["cut"]
