"""What may be announced: what may be said to one user."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications import announce
from notifications.models import Announcement
from tests.actions.announcements.reading import OPS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"title": ""}, {"title": "blank"}),
        ({"title": "x" * 201}, {"title": "max_length"}),
        ({"title": None}, {"title": "null"}),
        ({"identifier": "<b>"}, {"identifier": "invalid"}),
        ({"data": {"x": "y" * 9000}}, {"data": "max_length"}),
        ({"action_url": "javascript:alert(1)"}, {"action_url": "invalid"}),
        ({"expires_at": "2001-01-01T00:00:00Z"}, {"expires_at": "invalid"}),
        ({"user_id": "alice"}, {"user_id": "unknown_field"}),
        ({"dedupe_key": "k", "colour": "red"}, {"dedupe_key": "unknown_field", "colour": "unknown_field"}),
    ],
    ids=str,
)
def test_the_limits_are_those_of_a_notification(fields: dict[str, Any], codes: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        announce(**{**OPS, **fields})
    assert {name: errors[0].code for name, errors in caught.value.error_dict.items()} == codes
    assert not Announcement.objects.exists()
