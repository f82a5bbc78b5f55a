"""Rolled back is never happened: nothing numbered, nothing counted, nobody told."""

from collections.abc import Callable

import pytest
from django.db import transaction

from notifications import notify, notify_many
from notifications.actions.mark import mark
from notifications.models import Inbox, Notification
from tests import ledger
from tests.told import Told

pytestmark = pytest.mark.django_db(transaction=True)


def _edit() -> None:
    notification = Notification.objects.get()
    notification.title = "Edited"
    notification.save()


VERBS: dict[str, Callable[[], object]] = {
    "notify": lambda: notify("alice", title="Gone", identifier="M"),
    "notify_many": lambda: notify_many(["alice", "bob"], title="Gone", identifier="M"),
    "mark": lambda: mark("alice", "read"),
    "queryset": lambda: Notification.objects.all().archive(),
    "delete": lambda: Notification.objects.get().delete(),
    "edit": _edit,
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_a_rolled_back_verb_never_happened(verb: Callable[[], object], told: Told) -> None:
    sent = notify("alice", title="Stays", identifier="M")
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        verb()
        raise KeyboardInterrupt
    assert Notification.objects.get() == sent
    assert ledger.check("alice", seq=1).unread == 1
    assert not Inbox.objects.filter(pk="bob").exists()
    assert len(told) == 1


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_nobody_is_told_before_the_commit(verb: Callable[[], object], told: Told) -> None:
    notify("alice", title="Stays", identifier="M")
    with transaction.atomic():
        verb()
        assert len(told) == 1
    assert len(told) > 1


def test_a_savepoint_rolled_back_gives_its_numbers_to_what_follows(told: Told) -> None:
    with transaction.atomic():
        notify("alice", title="First", identifier="M")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            notify("alice", title="Gone", identifier="M")
            raise ZeroDivisionError
        notify("alice", title="Second", identifier="M")
    assert [(frame["from"], frame["to"]) for frame in told.frames_of("alice")] == [(0, 1), (1, 2)]
    ledger.check("alice", seq=2)


def test_a_fault_in_telling_does_not_reach_the_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the layer is on fire")

    monkeypatch.setattr("notifications.realtime.broadcast.tell", fail)
    assert notify("alice", title="Stored", identifier="M").pk
    ledger.check("alice", seq=1)
