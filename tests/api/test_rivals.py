"""A verb that the database aborts for the sake of another is done again, whatever door it came by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notifications import announce, notify
from notifications.admin.portions import apply_in_portions
from notifications.models import Announcement, Board, Notification, numbering
from tests import ledger
from tests.api.visitor import Visitor
from tests.hooks import lose_to_a_rival

pytestmark = pytest.mark.django_db(transaction=True)

HELLO = {"title": "Hello", "identifier": "MESSAGE"}


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], list[int]]:
    """Makes a function lose its first call; returns its calls."""

    def make(owner: Any, name: str) -> list[int]:
        calls: list[int] = []
        real = getattr(owner, name)

        def lose_once(*args: Any, **kwargs: Any) -> Any:
            calls.append(1)
            if len(calls) == 1:
                lose_to_a_rival()
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, lose_once)
        return calls

    return make


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_of_one(shop: Visitor, rival: Any, method: str) -> None:
    pk = notify("alice", **HELLO).pk
    calls = rival(numbering, "advance")
    body = {"is_archived": True} if method == "PATCH" else None
    assert shop.send(method, f"/notifications/{pk}", body).status_code == (204 if method == "DELETE" else 200)
    assert len(calls) == 2
    ledger.check("alice", seq=2)


def test_a_retraction(shop: Visitor, rival: Any) -> None:
    pk = announce(**HELLO).pk
    calls = rival(type(Board.objects), "lock")
    assert shop.send("DELETE", f"/notifications/announcements/{pk}").status_code == 204
    assert len(calls) == 2
    assert Announcement.objects.get().is_over


def test_an_action_of_the_admin(rival: Any) -> None:
    for user in ("alice", "bob"):
        notify(user, **HELLO)
    calls = rival(numbering, "advance")
    assert apply_in_portions(Notification.objects.all(), "read") == (2, False)
    assert len(calls) == 3
    for user in ("alice", "bob"):
        assert ledger.check(user, seq=2).unread == 0
