"""Two requests with one key, in the worst order."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from notifications.actions.idempotency import StillRunning, claim_key
from notifications.models import IdempotencyRecord

pytestmark = pytest.mark.django_db


def test_a_rival_that_lets_go_while_we_look_is_still_running(monkeypatch: pytest.MonkeyPatch) -> None:
    def vanished(**_: Any) -> Any:
        raise IntegrityError("there was one, and now there is none")

    monkeypatch.setattr(IdempotencyRecord.objects, "get_or_create", vanished)
    with pytest.raises(StillRunning):
        claim_key("key:1", "k", "digest")
