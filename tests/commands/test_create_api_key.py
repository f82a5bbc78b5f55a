"""``create_api_key``: a credential for a back end, shown once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError
from django.utils import timezone

from notifications.actions.credentials import authenticate_bearer
from notifications.models import APIKey

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


def test_the_key_stands_alone_on_the_last_line(run: Run) -> None:
    lines = run("create_api_key", "Shop", "--scope", "create", "--scope", "read")
    assert re.fullmatch(r"ntf_[A-Za-z0-9_-]{43}", lines[-1])
    assert sum(line.count("ntf_") for line in lines) == 1
    principal = authenticate_bearer(lines[-1])
    assert principal.kind == "api_key"
    assert sorted(principal.rights) == ["create", "read"]


def test_only_its_digest_is_stored(run: Run) -> None:
    secret = run("create_api_key", "Shop", "--scope", "create")[-1]
    assert secret not in str(vars(APIKey.objects.get()))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2100-01-01", datetime(2100, 1, 1, tzinfo=UTC)),
        ("2100-01-01T12:00:00+02:00", datetime(2100, 1, 1, 10, tzinfo=UTC)),
        ("90d", timezone.now() + timedelta(days=90)),
        ("12h", timezone.now() + timedelta(hours=12)),
    ],
)
def test_it_may_expire(run: Run, text: str, moment: datetime) -> None:
    run("create_api_key", "Shop", "--scope", "create", "--expires", text)
    expires_at = APIKey.objects.get().expires_at
    assert expires_at is not None
    assert abs(expires_at - moment) < timedelta(minutes=10)


def test_without_a_word_it_never_does(run: Run) -> None:
    lines = run("create_api_key", "Shop", "--scope", "create")
    assert APIKey.objects.get().expires_at is None
    assert "never expires" in lines[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Shop"], "required: --scope"),
        (["Shop", "--scope", "root"], "invalid choice"),
        (["", "--scope", "create"], "name"),
        (["x" * 101, "--scope", "create"], "name"),
        (["Shop", "--scope", "create", "--expires", "2020-01-01"], "past"),
        (["Shop", "--scope", "create", "--expires", "0d"], "past"),
        (["Shop", "--scope", "create", "--expires", "99999999d"], "a date like"),
        (["Shop", "--scope", "create", "--expires", "soon"], "a date like"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, arguments: list[str], message: Any) -> None:
    with pytest.raises(CommandError, match=message):
        run("create_api_key", *arguments)
    assert not APIKey.objects.exists()
