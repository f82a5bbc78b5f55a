"""Marking looks at what it changes, not at all that an inbox holds."""

from __future__ import annotations

import pytest

from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.api.pages import page_of
from notifications.api.reading import refuse_to_wait
from notifications.models import Notification
from notifications.wire.queries import ListQuery
from tests.plans import plans

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _long_inbox() -> None:
    """Alice has read nearly all of it; much of it she has archived."""
    create_batch([{"user_id": "alice", "title": "Hi", "identifier": "M"}] * 1000)
    create_batch([{"user_id": f"u{number}", "title": "Hi", "identifier": "M"} for number in range(500)])
    mark("alice", "read")
    mark("alice", "archive", ids=list(Notification.objects.values_list("pk", flat=True)[:400]))
    create_batch([{"user_id": "alice", "title": "Hi", "identifier": "M"}] * 4)
    mark("alice", "archive", ids=list(Notification.objects.for_user("alice").unread().values_list("pk", flat=True)[:2]))


@pytest.mark.parametrize("verb", ["seen", "unseen", "read"])
def test_what_is_unread_is_found_by_an_index_of_its_own(verb: str) -> None:
    plan = plans(lambda: mark("alice", verb, up_to=10**9))
    assert "notification_never_read" in plan, plan


def test_the_newest_is_found_by_the_inbox() -> None:
    plan = plans(lambda: mark("alice", "archive"))
    assert "notification_live" in plan, plan
    assert "pkey" not in plan, plan
    assert "TEMP B-TREE" not in plan.partition("notification_live")[2].partition("\n")[2].partition("SEARCH")[0], plan


def test_what_is_archived_is_read_as_well() -> None:
    assert [mark("alice", verb).changed for verb in ("seen", "unseen", "read", "read")] == [4, 4, 4, 0]


@pytest.mark.parametrize("status", ["unread", "unseen"])
def test_a_page_of_what_is_unread_passes_over_what_is_archived(status: str) -> None:
    plan = plans(lambda: page_of("alice", ListQuery(status=status), refuse_to_wait))
    assert "notification_unread" in plan, plan
