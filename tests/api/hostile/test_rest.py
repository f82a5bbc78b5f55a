"""Every hostile input gets its exact answer, and nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest

from notifications import announce
from notifications.models import Announcement, Subscription
from tests.api.hostile.inputs import INPUTS, Hostile
from tests.api.visitor import Visitor, problem


@pytest.mark.parametrize("hostile", INPUTS, ids=lambda hostile: hostile.name)
def test_it_gets_its_answer_and_the_list_goes_on(shop: Visitor, caplog: Any, hostile: Hostile) -> None:
    kept = shop.create()
    announcement = announce(["zoe"], title="Kept", identifier="OPS")
    path = hostile.path_to(id=kept["id"], announcement=announcement.pk)
    answer = shop.send(hostile.method, path, raw=hostile.raw, **hostile.headers)
    assert problem(answer) == hostile.answer
    assert len(answer.content) < 64 * 1024
    canary = shop.get("/notifications/")
    assert (canary.status_code, canary.json()["results"]) == (200, [kept])
    assert list(Announcement.objects.values_list("title", "retracted_at")) == [("Kept", None)]
    assert not Subscription.objects.exists()
    assert not [record for record in caplog.records if record.exc_info or "Traceback" in record.getMessage()]


def test_the_table_is_long_and_names_each_input_once() -> None:
    assert len(INPUTS) >= 120
    assert len({hostile.name for hostile in INPUTS}) == len(INPUTS)
