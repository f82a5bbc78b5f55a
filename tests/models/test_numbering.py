"""Every change takes the next number of its inbox, and the counters are exact at it."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from notifications import notify, notify_many
from notifications.actions.expire import expire_due
from notifications.actions.mark import mark
from notifications.actions.notify import create_batch
from notifications.exceptions import TrackedColumnError
from notifications.models import Inbox, Notification
from notifications.models.states import VERBS
from tests import ledger
from tests.told import Told, listen_before_commit

pytestmark = pytest.mark.django_db

ALICE, BOB = "alice", "bob"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Every change, as it would be told."""
    return listen_before_commit(monkeypatch)


def send(user: str = ALICE, **fields: object) -> Notification:
    return notify(user, **{"title": "Hello", "identifier": "MESSAGE", **fields})


def expire(notification: Notification) -> None:
    """Let its time have come, as another change."""
    notification.expires_at = timezone.now() - timedelta(seconds=1)
    notification._check_limits = lambda stored: None  # a moment in the past is refused everywhere else
    notification.save()


def test_numbers_are_one_two_three() -> None:
    assert [send().seq for _ in range(3)] == [1, 2, 3]
    ledger.check(ALICE, seq=3)


def test_each_inbox_counts_for_itself() -> None:
    assert (send(ALICE).seq, send(BOB).seq, send(ALICE).seq) == (1, 1, 2)


def test_ids_grow_with_the_numbers() -> None:
    create_batch([{"user_id": user, "title": "Hi", "identifier": "M"} for user in (BOB, ALICE) * 30])
    send()
    notify_many([ALICE, BOB], title="Hi", identifier="M")
    for user in (ALICE, BOB):
        rows = list(Notification.objects.filter(user_id=user).order_by("id").values_list("seq", flat=True))
        assert rows == sorted(rows)
        ledger.check(user, seq=len(rows))


def test_a_first_visit_opens_an_inbox_at_zero() -> None:
    head = Inbox.objects.head(ALICE)
    assert (head.seq, head.unread, head.unseen) == (0, 0, 0)
    assert Inbox.objects.head(ALICE).epoch == head.epoch


def test_two_inboxes_have_two_epochs() -> None:
    assert Inbox.objects.head(ALICE).epoch != Inbox.objects.head(BOB).epoch


@pytest.mark.parametrize("before", [(), ("read",), ("seen",), ("archive",), ("read", "archive"), ("seen", "archive")])
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_counters_are_exact_after(verb: str, before: tuple[str, ...]) -> None:
    _, *some = [send(identifier=identifier).pk for identifier in ("A", "A", "B")]
    chosen = Notification.objects.filter(pk__in=some)
    for earlier in before:
        chosen.apply(earlier)
    head = ledger.check(ALICE)
    changed = chosen.apply(verb)
    ledger.check(ALICE, seq=head.seq + changed)
    assert chosen.apply(verb) == 0
    ledger.check(ALICE, seq=head.seq + changed)


def test_reading_twice_keeps_the_first_time() -> None:
    send()
    assert Notification.objects.for_user(ALICE).mark_read() == 1
    first = Notification.objects.get()
    assert Notification.objects.for_user(ALICE).mark_read() == 0
    again = Notification.objects.get()
    assert (again.read_at, again.seq) == (first.read_at, first.seq)


def test_reading_also_marks_seen_and_unreading_leaves_it_seen() -> None:
    send()
    Notification.objects.for_user(ALICE).mark_read()
    Notification.objects.for_user(ALICE).mark_unread()
    head = ledger.check(ALICE)
    assert (head.unread, head.unseen) == (1, 0)


def test_archived_and_deleted_ones_do_not_count() -> None:
    send(), send(), send()
    newest, middle, _ = Notification.objects.all()
    Notification.objects.filter(pk=newest.pk).archive()
    Notification.objects.filter(pk=middle.pk).delete()
    assert ledger.check(ALICE).unread == 1


def test_a_deleted_one_leaves_nothing_but_its_number(told: Told) -> None:
    sent = send(title="Secret", description="Secret", data={"secret": 1}, action_url="/secret")
    Notification.objects.filter(pk=sent.pk).delete()
    row = Notification.objects.get()
    assert (row.title, row.description, row.data, row.action_url, row.seq) == ("", "", {}, None, 2)
    assert told.frames_of(ALICE)[-1]["items"] == [{"id": sent.pk, "seq": 2, "deleted": True}]


def test_deleting_an_instance_leaves_a_tombstone_too() -> None:
    sent = send()
    sent.delete()
    assert Notification.objects.get().is_deleted
    ledger.check(ALICE, seq=2)


def test_a_deleted_one_is_beyond_every_verb() -> None:
    send()
    Notification.objects.all().delete()
    assert [Notification.objects.all().apply(verb) for verb in sorted(VERBS)] == [0] * len(VERBS)
    ledger.check(ALICE, seq=2)


def test_an_edit_is_a_change(told: Told) -> None:
    sent = send()
    sent.title = "Edited"
    sent.save()
    assert sent.seq == 2
    assert told.frames_of(ALICE)[-1]["items"][0]["title"] == "Edited"
    ledger.check(ALICE, seq=2)


def test_one_and_true_are_not_the_same_data() -> None:
    sent = send(data={"flag": 1})
    sent.data = {"flag": True}
    sent.save()
    assert Notification.objects.get().data["flag"] is True
    ledger.check(ALICE, seq=2)


def test_an_edit_that_changes_nothing_takes_no_number(told: Told) -> None:
    sent = send()
    sent.save()
    assert sent.seq == 1
    assert len(told) == 1


def test_saving_a_state_keeps_the_counters() -> None:
    sent = send()
    sent.read_at = timezone.now()
    sent.save()
    assert ledger.check(ALICE, seq=2).unread == 0
    sent.archived_at, sent.read_at = timezone.now(), None
    sent.save()
    assert ledger.check(ALICE, seq=3).unread == 0


def test_saving_one_field_of_an_old_copy_leaves_the_others_as_they_are() -> None:
    old = send()
    Notification.objects.for_user(ALICE).mark_read()
    old.title = "Edited"
    old.save(update_fields=["title"])
    row = Notification.objects.get()
    assert (row.title, row.is_read) == ("Edited", True)
    assert ledger.check(ALICE, seq=3).unread == 0


def test_saving_no_field_changes_nothing() -> None:
    sent = send()
    sent.title = "Edited"
    sent.save(update_fields=[])
    assert Notification.objects.get().title == "Hello"
    ledger.check(ALICE, seq=1)


def test_a_saved_copy_of_a_deleted_one_is_refused() -> None:
    sent = send()
    Notification.objects.all().delete()
    sent.title = "Back again"
    with pytest.raises(TrackedColumnError):
        sent.save()
    ledger.check(ALICE, seq=2)


@pytest.mark.parametrize(("field", "value"), [("user_id", BOB), ("identifier", "OTHER")])
def test_what_others_rely_on_cannot_be_edited(field: str, value: str) -> None:
    sent = send()
    setattr(sent, field, value)
    with pytest.raises(TrackedColumnError, match=field):
        sent.save()
    ledger.check(ALICE, seq=1)


def test_expiring_is_a_change(told: Told) -> None:
    due, later = send(title="Due"), send(title="Later", expires_at=timezone.now() + timedelta(hours=1))
    expire(due)
    assert ledger.check(ALICE, seq=3).unread == 2  # until the clock has been here
    assert expire_due() == 1
    assert ledger.check(ALICE, seq=4).unread == 1
    assert told.frames_of(ALICE)[-1]["items"] == [{"id": due.pk, "seq": 4, "deleted": True}]
    assert Notification.objects.live().get().pk == later.pk
    assert expire_due() == 0


def test_a_bound_leaves_newer_ones_alone() -> None:
    first, second, third = send(), send(), send()
    marked = mark(ALICE, "read", up_to=second.pk)
    assert (marked.changed, marked.up_to, marked.head.unread) == (2, second.pk, 1)
    assert list(Notification.objects.unread()) == [third]
    assert first.pk < second.pk


def test_a_bound_that_is_left_out_is_fixed_first() -> None:
    send()
    newest = send()
    assert mark(ALICE, "seen").up_to == newest.pk


def test_an_identifier_narrows_a_bound() -> None:
    send(identifier="A"), send(identifier="B"), send(identifier="A")
    marked = mark(ALICE, "read", up_to=2**63 - 1, identifier="A")
    assert (marked.changed, marked.head.unread) == (2, 1)
    ledger.check(ALICE, seq=5)


def test_the_rows_of_others_are_not_counted() -> None:
    mine, theirs = send(ALICE), send(BOB)
    marked = mark(ALICE, "read", ids=[mine.pk, theirs.pk, 2**63 - 1])
    assert marked.changed == 1
    assert ledger.check(BOB, seq=1).unread == 1


def test_an_empty_inbox_can_be_marked() -> None:
    marked = mark(ALICE, "read")
    assert (marked.changed, marked.up_to, marked.head.seq) == (0, 0, 0)


def test_a_verb_over_many_inboxes_counts_in_each() -> None:
    notify_many([ALICE, BOB, 7], title="Hi", identifier="M")
    assert Notification.objects.all().mark_read() == 3
    for user in (ALICE, BOB, "7"):
        assert ledger.check(user, seq=2).unread == 0


def test_a_verb_over_a_slice_changes_the_slice() -> None:
    oldest, *_ = [send() for _ in range(3)]
    assert Notification.objects.for_user(ALICE)[:2].mark_read() == 2
    assert list(Notification.objects.unread()) == [oldest]
    ledger.check(ALICE, seq=5)


def test_one_verb_numbers_its_rows_in_the_order_of_ids(told: Told) -> None:
    create_batch([{"user_id": ALICE, "title": "Hi", "identifier": "M"} for _ in range(5)])
    Notification.objects.for_user(ALICE).mark_read()
    frame = told.frames_of(ALICE)[-1]
    assert [item["seq"] for item in frame["items"]] == [6, 7, 8, 9, 10]
    assert [item["id"] for item in frame["items"]] == sorted(item["id"] for item in frame["items"])
    assert (frame["from"], frame["to"], frame["unread"]) == (5, 10, 0)


def test_the_frames_of_a_transaction_chain(told: Told) -> None:
    with transaction.atomic():
        send(), send()
        Notification.objects.for_user(ALICE).mark_read()
    assert [(frame["from"], frame["to"]) for frame in told.frames_of(ALICE)] == [(0, 1), (1, 2), (2, 4)]


def test_many_changed_rows_are_not_carried(told: Told) -> None:
    create_batch([{"user_id": ALICE, "title": "Hi", "identifier": "M"} for _ in range(101)])
    Notification.objects.for_user(ALICE).mark_read()
    assert told.frames_of(ALICE) == [None, None]
    assert [(change.start, change.head.seq) for change in told] == [(0, 101), (101, 202)]


def test_what_the_caller_does_to_its_object_before_the_commit_reaches_no_frame(told: Told) -> None:
    with transaction.atomic():
        sent = send(data={"list": [1]})
        sent.data["list"].append(2)
        sent.title = "Changed, not saved"
    item = told.frames_of(ALICE)[0]["items"][0]
    assert (item["data"], item["title"]) == ({"list": [1]}, "Hello")
