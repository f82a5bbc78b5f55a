"""A verb changes the rows it counted, whatever its condition asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError

from notifications import notify
from notifications.models import Notification, changing, queryset
from tests import ledger

pytestmark = pytest.mark.django_db


@pytest.fixture
def joined_meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two rows meet a condition; a third comes to meet it between the counting and the changing."""
    for key in ("job-1", "job-2", "other"):
        notify("alice", title="Hello", identifier="M", dedupe_key=key)
    tallies = changing._tallies

    def tally_then_join(*asked: Any) -> list[Any]:
        counted = list(tallies(*asked))
        Notification.objects.filter(dedupe_key="other").update(dedupe_key="job-3")
        return counted

    monkeypatch.setattr(changing, "_tallies", tally_then_join)
    yield
    ledger.check("alice")


def test_what_comes_to_meet_the_condition_meanwhile_is_left_alone(joined_meanwhile: None) -> None:
    assert Notification.objects.filter(dedupe_key__startswith="job").mark_read() == 2


def test_of_too_many_to_name_nothing_is_changed(joined_meanwhile: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queryset, "NAMED", 1)
    with pytest.raises(IntegrityError, match="2 rows were counted and 3 changed"):
        Notification.objects.filter(dedupe_key__startswith="job").mark_read()


def test_the_primary_key_by_its_other_name_is_guarded_too() -> None:
    notify("alice", title="Hello", identifier="M")
    with pytest.raises(queryset.TrackedColumnError):
        Notification.objects.update(pk=99)
