"""What may be announced: what may be said to one user."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from notifications import announce
from notifications.actions.fan_out import deliver_next
from notifications.models import Announcement, Notification
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


@pytest.mark.parametrize(
    "audience",
    [
        lambda: (user for user in User.objects.order_by("-pk")),
        User.objects.all,
        lambda: User.objects.values_list("pk", flat=True),
        lambda: {str(user.pk): user for user in User.objects.all()},
        lambda: [User.objects.first(), *User.objects.values_list("pk", flat=True)],
    ],
    ids=["a generator", "a queryset", "a queryset of ids", "keys", "one of them twice"],
)
def test_a_list_is_any_iterable(audience: Callable[[], Iterable[object]]) -> None:
    users = [User.objects.create_user(f"user-{number}") for number in range(3)]
    announcement = announce(audience(), **OPS)
    assert announcement.recipients == 3
    assert deliver_next()
    held = Notification.objects.filter(announcement=announcement).values_list("user_id", flat=True)
    assert sorted(held) == sorted(str(user.pk) for user in users)
