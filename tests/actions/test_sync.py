"""A range holds every row that changed in it, whatever happens while it is read."""

from __future__ import annotations

import pytest

from notifications import notify
from notifications.actions import sync
from notifications.actions.mark import mark
from notifications.models.change import Changes, Head, Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seen_meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Two notifications, of which the first is seen elsewhere after the head was read and before the rows are."""
    ids = [notify("alice", title=title, identifier="M").pk for title in ("First", "Second")]
    position = sync.position_of

    def position_then_seen(user_id: str) -> tuple[Head, int]:
        found = position(user_id)
        monkeypatch.setattr(sync, "position_of", position)
        mark("alice", "seen", ids=ids[:1])
        return found

    monkeypatch.setattr(sync, "position_of", position_then_seen)
    monkeypatch.setattr(sync, "head_of", lambda user_id: position_then_seen(user_id)[0])
    return ids


def test_a_row_that_changes_while_the_range_is_read_is_in_it(seen_meanwhile: list[int]) -> None:
    """Left to the next range it would come behind the second, too late for a device to announce it."""
    found = sync.changes_since("alice", 0)
    assert isinstance(found, Changes)
    assert sorted(row.pk for row in found.rows) == seen_meanwhile
    assert (found.to, found.head.unread, found.head.unseen, found.more) == (3, 2, 1, False)


def test_a_row_that_changes_while_the_snapshot_is_read_is_in_it(seen_meanwhile: list[int]) -> None:
    found = sync.snapshot("alice", "behind")
    assert isinstance(found, Snapshot)
    assert [row.pk for row in found.rows] == seen_meanwhile[::-1]
    assert (found.head.seq, found.head.unread, found.head.unseen) == (3, 2, 1)
