"""For any list of verbs: a replica fed live, one that missed some and synced, and a fresh read are equal."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any
from unittest.mock import Mock, patch

import hypothesis
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from notifications import notify, notify_many, subscribe_many
from notifications.actions import purge
from notifications.actions.expire import expire_due
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.models import AnnouncementPart, Notification
from notifications.models.states import VERBS
from notifications.realtime import session
from notifications.wire import frames
from tests.convergence.announcing import Announcing
from tests.convergence.audiences import Audiences
from tests.convergence.fields import FIELDS, IDENTIFIERS
from tests.convergence.world import PAGE, World, restore_backup

WHICH = st.integers(0, 1)
VERB = st.sampled_from(sorted(VERBS))
MILD = st.sampled_from([*sorted(set(VERBS) - {"delete"}), "delete"])
LIMIT = st.sampled_from([1, 2, 5, 500])

names = (f"example-{number}" for number in count())


class Inboxes(Announcing):
    """Two inboxes with a live and a lossy device each; the limits are small, so that every path is taken."""

    world: World | None = None
    limit = 500

    @initialize(
        frame_bytes=st.sampled_from([600, 4000, 256 * 1024]),
        changes=st.sampled_from([3, 10, 500]),
        part=st.sampled_from([1, 2, 1000]),
    )
    def open(self, frame_bytes: int, changes: int, part: int) -> None:
        AnnouncementPart.objects.all().delete()  # of the example before: each delivers its own
        self.patches = [
            patch.object(frames, "FRAME_BYTES", frame_bytes),
            patch.object(session, "CHANGES_MAX", changes),
            patch("notifications.actions.notify.CHUNK", part),
        ]
        for each in self.patches:
            each.start()
        self.name = next(names)
        self.members = [f"{self.name}.{letter}" for letter in "abcde"]
        self.world = World(self.users)
        self.room = PAGE - 1
        self.announced = []
        self.audiences = Audiences(part)
        subscribe_many(self.members, self._topic("news"))
        self.audiences.subscribe(self.members, self._topic("news"))

    def teardown(self) -> None:
        if self.world is not None:
            self.world.close()
            for each in self.patches:
                each.stop()

    @invariant()
    def all_are_equal(self) -> None:
        if self.world is not None:
            self.world.check(self.limit)
            self.audiences.check(self.users)

    # Creating ---------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.room > 20)
    @rule(which=WHICH, fields=FIELDS)
    def notify(self, which: int, fields: dict[str, Any]) -> None:
        self.room -= 1
        notify(self.users[which], **fields)

    @precondition(lambda self: self.room > 20)
    @rule(items=st.lists(st.tuples(WHICH, FIELDS), min_size=1, max_size=8))
    def batch(self, items: list[tuple[int, dict[str, Any]]]) -> None:
        self.room -= len(items)
        create_batch([{"user_id": self.users[which], **fields} for which, fields in items])

    @precondition(lambda self: self.room > 20)
    @rule(fields=FIELDS)
    def notify_many(self, fields: dict[str, Any]) -> None:
        self.room -= 1
        notify_many(self.users, **fields)

    # Changing ---------------------------------------------------------------------------------------------------

    @rule(which=WHICH, verb=MILD, share=st.integers(1, 4))
    def mark_by_ids(self, which: int, verb: str, share: int) -> None:
        ids = [key for key in self._ids(*self.users) if key % 4 < share]
        mark(self.users[which], verb, ids=ids)

    @rule(which=WHICH, verb=MILD, back=st.integers(0, 9), identifier=st.none() | IDENTIFIERS)
    def mark_up_to(self, which: int, verb: str, back: int, identifier: str | None) -> None:
        ids = self._ids(self.users[which])
        mark(self.users[which], verb, up_to=ids[-back] if 0 < back <= len(ids) else None, identifier=identifier)

    @rule(verb=VERB, newest=st.integers(1, 5))
    def mark_both(self, verb: str, newest: int) -> None:
        Notification.objects.filter(user_id__in=self.users)[:newest].apply(verb)

    @rule(which=WHICH, back=st.integers(1, 5), fields=FIELDS, state=st.sampled_from(["", "read_at", "archived_at"]))
    def edit(self, which: int, back: int, fields: dict[str, Any], state: str) -> None:
        row = self._row(which, back)
        if row is not None:
            row.title, row.data = fields["title"], fields.get("data", {})
            self.audiences.edited_by_hand(row)
            if state:
                setattr(row, state, None if getattr(row, state) else timezone.now())
            row.save()

    @rule(which=WHICH, back=st.integers(1, 5), verb=MILD)
    def edit_an_old_copy(self, which: int, back: int, verb: str) -> None:
        old = self._row(which, back)
        if old is not None:
            mark(self.users[which], verb, ids=[old.pk])
            old.title = "Edited"
            self.audiences.edited_by_hand(old)
            if Notification.objects.live().filter(pk=old.pk).exists():
                old.save(update_fields=["title"])

    @rule(which=WHICH, back=st.integers(1, 5))
    def expire(self, which: int, back: int) -> None:
        row = self._row(which, back)
        if row is not None:
            row.expires_at = timezone.now() - timedelta(seconds=1)
            with patch.object(Notification, "_check_limits"):  # a moment in the past is refused everywhere else
                row.save()
        expire_due()

    @rule(rules=st.sampled_from([{}, {"ORDER": 30}, {"*": 30, "ORDER": None}]))
    def purge(self, rules: purge.Rules) -> None:
        """Forty days later: what is too old goes, and what had been deleted before."""
        held, deleted = self._copies(), self._copies(deleted_at__isnull=False)
        later = Mock(now=lambda: timezone.now() + timedelta(days=40))
        with patch.object(purge, "timezone", later):
            assert sum(purge.purge(rules), purge.Purged()).failed == 0
        gone = held - self._copies()
        assert gone == deleted or (rules and gone >= deleted)
        self.audiences.purged(gone)

    # Transactions -----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.room > 20)
    @rule(which=WHICH, fields=FIELDS, verb=MILD, fails=st.booleans())
    def transaction(self, which: int, fields: dict[str, Any], verb: str, fails: bool) -> None:
        self.room -= 3
        user_id = self.users[which]
        try:
            with transaction.atomic():
                notify(user_id, **fields)
                mark(user_id, verb)
                try:
                    with transaction.atomic():
                        notify(user_id, **fields)
                        raise LookupError
                except LookupError:
                    pass
                notify(user_id, **fields)
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass

    # Devices ----------------------------------------------------------------------------------------------------

    @rule(which=WHICH)
    def reconnect(self, which: int) -> None:
        assert self.world is not None
        self.world.reconnect(self.users[which])

    @rule(which=WHICH, frames=st.integers(1, 6), limit=LIMIT)
    def lose(self, which: int, frames: int, limit: int) -> None:
        assert self.world is not None
        self.limit = limit
        self.world.lossy[self.users[which]].to_lose += frames

    @rule(which=WHICH, limit=LIMIT)
    def sync(self, which: int, limit: int) -> None:
        assert self.world is not None
        self.world.lossy[self.users[which]].sync(limit)

    @rule(which=WHICH, ahead=st.integers(1, 10**9))
    def restore_backup(self, which: int, ahead: int) -> None:
        restore_backup(self.users[which], ahead=ahead)

    def _copies(self, **which: Any) -> set[tuple[int, str]]:
        """Which announcements the members hold."""
        copies = Notification.objects.filter(user_id__in=self.members, announcement__isnull=False, **which)
        return set(copies.values_list("announcement", "user_id"))

    def _ids(self, *user_ids: str) -> list[int]:
        return list(Notification.objects.filter(user_id__in=user_ids).order_by("id").values_list("id", flat=True))

    def _row(self, which: int, back: int) -> Notification | None:
        rows = Notification.objects.live().filter(user_id=self.users[which])[:back]
        return list(rows)[-1] if rows else None


@pytest.mark.django_db(transaction=True)
def test_every_way_to_an_inbox_shows_the_same(settings: Any) -> None:
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "SWEEP_SECONDS": 0.02}
    run_state_machine_as_test(
        Inboxes,
        settings=hypothesis.settings(
            max_examples=30, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
