"""What was stored before under a key is found by it."""

from __future__ import annotations

import pytest
from django.db import connection

from notifications.actions.notify import create_batch
from notifications.models.dedupe import firsts
from tests.plans import plans

pytestmark = pytest.mark.django_db


def test_each_key_is_looked_up_with_its_user_alone() -> None:
    keyed = [{"user_id": f"u{n % 9}", "title": "Hi", "identifier": "M", "dedupe_key": f"k{n}"} for n in range(5000)]
    create_batch(keyed)
    keys = [("u1", "k1"), ("u2", "k3"), ("nobody", "k1"), ("u4", "k4"), ("u4", "'; --")]
    assert sorted(firsts("default", keys)) == [("u1", "k1"), ("u4", "k4")]
    plan = plans(lambda: firsts("default", keys))
    both = "(user_id=? AND dedupe_key=?)" if connection.vendor == "sqlite" else "Index Cond: (((user_id)::text ="
    assert "notification_dedupe_key_once" in plan, plan
    assert both in plan, plan
