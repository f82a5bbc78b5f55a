"""``export_user``: one JSON document with everything, in memory that does not grow."""

from __future__ import annotations

import json
import stat
import tracemalloc
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from notifications import notify, subscribe
from notifications.actions import export
from notifications.actions.export import held
from notifications.actions.notify import create_batch
from notifications.models import IdempotencyRecord, Inbox, Notification, Subscription
from notifications.wire.notification import time_to_wire, to_wire

pytestmark = pytest.mark.django_db

Run = Callable[..., list[str]]


def exported(run: Run, user: str = "123") -> dict[str, Any]:
    out = StringIO()
    run("export_user", user, out=out)
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


def test_every_notification_is_there_whatever_its_state(run: Run) -> None:
    for title in ("unread", "read", "archived", "deleted"):
        notify(123, title=title, identifier="M", dedupe_key=f"key-of-{title}")
    mine = Notification.objects.filter(user_id="123")
    mine.filter(title="read").mark_read()
    mine.filter(title="archived").archive()
    mine.filter(title="deleted").delete()
    notify(124, title="Somebody else's", identifier="M")
    unread, read, archived, deleted = mine.order_by("pk")
    document = exported(run)
    assert document["notifications"] == [
        {**to_wire(unread), "dedupe_key": "key-of-unread"},
        {**to_wire(read), "dedupe_key": "key-of-read"},
        {**to_wire(archived), "dedupe_key": "key-of-archived"},
        {
            "id": deleted.pk,
            "seq": 7,
            "deleted": True,
            "identifier": "M",
            "created_at": time_to_wire(deleted.created_at),
            "deleted_at": time_to_wire(deleted.deleted_at),
            "dedupe_key": "key-of-deleted",
        },
    ]


def test_the_inbox_and_its_counts_are_there(run: Run) -> None:
    for identifier in ("a", "b", "b"):
        notify(123, title="Hello", identifier=identifier)
    Notification.objects.filter(identifier="a").mark_read()
    document = exported(run)
    inbox = Inbox.objects.get()
    assert document["user_id"] == 123
    assert document["inbox"].pop("created_at").endswith("Z")
    assert document["inbox"] == {"epoch": inbox.epoch, "seq": 4, "unread": 2, "unseen": 2, "horizon": 0}
    assert document["unread_by_identifier"] == {"b": 2}
    assert document["exported_at"].endswith("Z")


def test_subscriptions_are_there(run: Run) -> None:
    for user, topic in ((123, "sport"), (123, "news"), (124, "weather")):
        subscribe(user, topic)
    news, sport = Subscription.objects.filter(user_id="123").order_by("topic")
    assert exported(run)["subscriptions"] == [
        {"topic": "news", "created_at": time_to_wire(news.created_at)},
        {"topic": "sport", "created_at": time_to_wire(sport.created_at)},
    ]


def test_answers_kept_for_idempotency_keys_are_there(run: Run) -> None:
    for user, status in (("123", 201), ("124", 201), ("123", None)):
        IdempotencyRecord.objects.create(
            credential="key:1", key=f"{user}-{status}", body_digest="", claim="", status=status, user_id=user,
            body='{"id":1,"user_id":123}',
        )  # fmt: skip
    (answer,) = exported(run)["idempotency_answers"]
    assert (answer["key"], answer["answer"]) == ("123-201", {"id": 1, "user_id": 123})


def test_who_is_not_known_has_nothing_and_is_not_made_known(run: Run) -> None:
    document = exported(run, "nobody")
    assert (document["user_id"], document["inbox"], document["notifications"]) == ("nobody", None, [])
    assert not Inbox.objects.exists()


def test_text_comes_out_as_it_went_in(run: Run) -> None:
    notify(123, title='Ünï "quoted" 🕒', identifier="M", data={"a": [1, None, "</script>", "\u2028"]})
    (item,) = exported(run)["notifications"]
    assert item["title"] == 'Ünï "quoted" 🕒'
    assert item["data"] == {"a": [1, None, "</script>", "\u2028"]}


def test_pages_are_put_together(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PORTION", 2)
    ids = [notify(123, title="Hello", identifier="M").pk for _ in range(5)]
    assert [item["id"] for item in exported(run)["notifications"]] == ids


def test_a_file_is_for_its_owner_only(run: Run, tmp_path: Path) -> None:
    notify(123, title="Hello", identifier="M")
    file = tmp_path / "alice.json"
    assert run("export_user", "123", "--output", str(file)) == []
    assert json.loads(file.read_text())["notifications"][0]["title"] == "Hello"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_half_an_export_leaves_the_file_as_it_was(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "alice.json"
    file.write_text("before")

    def fail(*_: object) -> Any:
        raise RuntimeError("on the way")

    notify(123, title="Hello", identifier="M")
    monkeypatch.setattr("notifications.wire.export._notification", fail)
    with pytest.raises(RuntimeError):
        run("export_user", "123", "--output", str(file))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


def test_a_place_that_cannot_be_written_is_said_in_one_line(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot write"):
        run("export_user", "123", "--output", str(tmp_path / "no" / "such" / "folder"))
    with pytest.raises(CommandError, match="Cannot write"):
        run("export_user", "123", "--output", str(tmp_path))


def test_a_user_there_cannot_be_is_refused(run: Run) -> None:
    with pytest.raises(CommandError, match="user id"):
        run("export_user", "me")


class Sink(StringIO):
    """Takes everything, keeps its length."""

    length = 0

    def write(self, text: str) -> int:
        self.length += len(text)
        return len(text)


def test_memory_stays_flat_whatever_the_size(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PORTION", 50)
    create_batch([{"user_id": 123, "title": "Hello", "identifier": "M", "description": "x" * 4000}] * 1000)
    peaks = []
    for _ in range(2):  # the first run also fills caches
        sink = Sink()
        tracemalloc.start()
        run("export_user", "123", out=sink)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert sink.length > 4_000_000
    assert peaks[1] < 1_500_000


def test_looking_reads_no_notification_before_it_is_asked_for(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        held("123")
