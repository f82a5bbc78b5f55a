"""Many rows stored at once are what each would be if it were stored alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications import notify
from notifications.actions.notify import create_batch
from notifications.limits import TITLE_MAX
from notifications.models import Notification

pytestmark = pytest.mark.django_db

TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)
KEY = st.text("ab 'ü\\🔔%{\"", min_size=1, max_size=5)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.floats(-1e15, 1e15) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {
        "title": TEXT | st.sampled_from(["'; --", "\\", '"', "%s", "{}", "🔔" * 9, "x" * TITLE_MAX]),
        "identifier": st.just("M"),
    },
    optional={
        "description": TEXT | st.just("two\nlines\tand a tab"),
        "data": st.dictionaries(KEY, VALUE, max_size=4),
        "action_url": st.just("/orders/7?a=b&c=%20"),
        "priority": st.sampled_from(["low", "urgent"]),
        "expires_at": st.just(timezone.now() + timedelta(days=1, microseconds=7)),
    },
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_a_batch_stores_what_single_ones_store(messages: list[dict[str, Any]]) -> None:
    singles = [notify("alice", **fields) for fields in messages]
    ids, _ = create_batch([{"user_id": "bob", **fields} for fields in messages])
    assert ids == sorted(ids)
    shown = ("title", "identifier", "description", "data", "action_url", "priority", "expires_at", "dedupe_key")

    def stored(some: list[int]) -> list[dict[str, Any]]:
        return list(Notification.objects.filter(pk__in=some).order_by("pk").values(*shown))

    assert stored(ids) == stored([one.pk for one in singles])


@pytest.mark.parametrize("data", [[{"n": 1}, {"n": True}], [{"n": 1}, {"n": 1.0}], [{}, {"n": None}], [{"n": 1}, {}]])
def test_what_is_alike_in_python_only_stays_different(data: list[Any]) -> None:
    ids, _ = create_batch([{"user_id": "bob", "title": "Hi", "identifier": "M", "data": each} for each in data])
    assert [repr(row.data) for row in Notification.objects.order_by("pk")] == [repr(each) for each in data]


def test_what_one_row_lacks_it_does_not_get_from_another() -> None:
    item = {"user_id": "bob", "title": "Hi", "identifier": "M"}
    full = {**item, "description": "More", "action_url": "/orders/7", "dedupe_key": "k", "data": {"order": 7}}
    for batch in ([full, item], [item, full]):
        create_batch([{**each, "user_id": f"u{Notification.objects.count()}"} for each in batch])
    found = Notification.objects.order_by("pk").values_list("description", "action_url", "dedupe_key", "data")
    rich, poor = ("More", "/orders/7", "k", {"order": 7}), ("", None, None, {})
    assert list(found) == [rich, poor, poor, rich]


def test_ids_grow_in_the_order_of_a_batch() -> None:
    ids, _ = create_batch([{"user_id": f"u{n % 7}", "title": f"{n}", "identifier": "M"} for n in range(500)])
    assert ids == sorted(ids)
    titles = Notification.objects.order_by("pk").values_list("title", flat=True)
    assert list(titles) == [f"{n}" for n in range(500)]
