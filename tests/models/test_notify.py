"""notify and notify_many: who is meant, what is refused, and how much it costs."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications import announce, limits, notify, notify_many
from notifications.actions.notify import CHUNK
from notifications.models import Inbox, Notification
from tests import ledger

pytestmark = pytest.mark.django_db

GOOD = {"title": "Hello", "identifier": "MESSAGE"}
UUID = uuid.UUID("6f1c1d1e-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("given", "stored"), [(123, "123"), ("123", "123"), ("alice@example.com", "alice@example.com"), (UUID, str(UUID))]
)
def test_a_user_id_is_stored_in_one_spelling(given: object, stored: str) -> None:
    assert notify(given, **GOOD).user_id == stored


def test_a_user_object_is_its_key() -> None:
    user = User.objects.create_user("alice")
    assert notify(user, **GOOD).user_id == str(user.pk)
    assert Notification.objects.for_user(user).count() == 1


@pytest.mark.parametrize("user", [True, 0, -1, 1.5, None, "", "1_0", " 1", "me", "١", 2**53, "a" * 65, [], {}])
def test_what_is_no_user_id_is_refused(user: object) -> None:
    with pytest.raises(ValidationError) as caught:
        notify(user, **GOOD)
    assert codes_of(caught.value) == {"user_id": ["null" if user is None else "invalid"]}
    for refuse in (lambda: notify_many([1, user], **GOOD), lambda: announce([1, user], **GOOD)):
        with pytest.raises(ValidationError) as caught:
            refuse()
        assert codes_of(caught.value) == {"user_id": ["invalid"]}
    assert not Inbox.objects.exists()


def test_a_bad_user_is_named_beside_what_else_is_wrong() -> None:
    with pytest.raises(ValidationError) as caught:
        notify(0, title="", identifier="MESSAGE")
    assert codes_of(caught.value) == {"user_id": ["invalid"], "title": ["blank"]}


def codes_of(problem: ValidationError) -> dict[str, list[str | None]]:
    return {name: [error.code for error in errors] for name, errors in problem.error_dict.items()}


BAD = {
    "title": ["", "  ", "x" * 201, "a\nb", "a\x00", 7, None],
    "description": ["x" * 4001, "a\x07", 7, None],
    "identifier": ["", "é", " a", "x" * 101, 7],
    "data": [[], "x", {"a": float("nan")}, {"a": 2**53}, {"__proto__": 1}, {"a": "\ud800"}, {"a": "x" * 8192}],
    "action_url": ["javascript:alert(1)", "//evil.example", "http://a@evil.example", "x" * 2001],
    "priority": ["shrill", 1],
    "expires_at": ["2020-01-01T00:00:00Z", "tomorrow", datetime(2099, 1, 1), 7],
    "dedupe_key": ["", "a b", "x" * 129],
    "seq": [1],
    "is_read": [True],
    "colour": ["red"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
def test_notify_refuses_with_the_codes_of_the_limits(field: str, value: object) -> None:
    given = {**GOOD, field: value}
    with pytest.raises(ValidationError) as wanted:
        limits.clean_fields({"user_id": "1", **given})
    for refuse in (lambda: notify(1, **given), lambda: notify_many([1, 2], **given)):
        with pytest.raises(ValidationError) as caught:
            refuse()
        assert codes_of(caught.value) == codes_of(wanted.value)
        assert set(codes_of(caught.value)) == {field}
    assert not Notification.objects.exists()


def test_a_model_saved_by_hand_obeys_the_limits_too() -> None:
    with pytest.raises(ValidationError):
        Notification(user_id="alice", title="", identifier="M").save()
    with pytest.raises(ValidationError):
        Notification.objects.create(user_id="alice", title="x", identifier="M", action_url="javascript:alert(1)")
    assert not Inbox.objects.exists()


def test_expiry_may_be_a_moment_with_an_offset() -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    assert notify(1, **GOOD, expires_at=moment).expires_at == moment


def test_the_same_dedupe_key_is_the_same_notification() -> None:
    first = notify(1, **GOOD, dedupe_key="k")
    assert notify(1, title="Other", identifier="M", dedupe_key="k") == first
    assert notify(2, **GOOD, dedupe_key="k") != first
    ledger.check("1", seq=1)


def test_a_user_named_twice_is_told_once() -> None:
    assert notify_many([1, "1", 1, 2], **GOOD) == 2
    ledger.check("1", seq=1)


def test_one_bad_user_among_many_stores_nothing() -> None:
    with pytest.raises(ValidationError):
        notify_many([1, 2, "me"], **GOOD)
    assert not Notification.objects.exists()


def test_a_queryset_of_users_is_read_in_chunks() -> None:
    User.objects.bulk_create([User(username=f"user{number}") for number in range(30)])
    assert notify_many(User.objects.filter(username__startswith="user"), **GOOD) == 30


def test_a_queryset_of_ids_is_taken_as_it_is() -> None:
    user = User.objects.create(username="alice", first_name="customer-7")
    assert notify_many(User.objects.values_list("first_name", flat=True), **GOOD) == 1
    assert Notification.objects.get().user_id == user.first_name


def test_rows_that_are_no_users_are_refused() -> None:
    ContentType.objects.get_for_model(User)
    with pytest.raises(ValidationError) as caught:
        notify_many(ContentType.objects.all(), **GOOD)
    assert codes_of(caught.value) == {"user_id": ["invalid"]}


def test_a_refused_queryset_leaves_no_cursor_open() -> None:
    """A cursor that the garbage collector closes aborts the transaction that runs by then."""
    ContentType.objects.get_for_model(User)
    with transaction.atomic(), pytest.raises(ValidationError) as held:  # and with it the frames that hold the rows
        notify_many(ContentType.objects.all(), **GOOD)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_cursors")
            assert cursor.fetchone() == (0,)
    assert held.value


def test_a_user_object_is_told_where_its_session_looks(settings: Any) -> None:
    settings.NOTIFICATIONS = {**settings.NOTIFICATIONS, "SESSION_INBOX": "username"}
    user = User.objects.create_user("alice")
    assert notify(user, **GOOD).user_id == "alice"
    assert notify_many(User.objects.all(), **GOOD) == 1
    assert Notification.objects.for_user(user).count() == 2


def test_a_field_cannot_redirect_it() -> None:
    assert notify("alice", **{**GOOD, "user_id": "bob"}).user_id == "alice"


def test_nobody_is_nobody() -> None:
    assert notify_many([], **GOOD) == 0
    assert notify_many(User.objects.none(), **GOOD) == 0


@pytest.mark.django_db(transaction=True)
def test_every_chunk_costs_the_same() -> None:
    def cost(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            notify_many(range(1, number + 1), **GOOD)
        return len(captured)

    notify_many(range(1, 3 * CHUNK + 1), **GOOD)
    one = cost(CHUNK)
    assert cost(2 * CHUNK) == 2 * one
    assert cost(3 * CHUNK) == 3 * one
    if connection.vendor == "postgresql":
        assert one <= 5  # savepoint, advance, insert, count, release


@pytest.mark.django_db(transaction=True)
def test_twenty_thousand_users_take_seconds() -> None:
    started = time.monotonic()
    assert notify_many((f"user-{number}" for number in range(20_000)), **GOOD) == 20_000
    assert time.monotonic() - started < 30
    assert Notification.objects.count() == 20_000
    assert Inbox.objects.filter(seq=1, unread=1, unseen=1).count() == 20_000
