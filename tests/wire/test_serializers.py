"""The documented shapes are the real ones."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.limits import FIELDS
from notifications.models import Notification
from notifications.models.change import Changes, Head, Snapshot
from notifications.wire import answers, serializers
from notifications.wire.notification import to_wire
from notifications.wire.problems import FieldError, Problem

ROW = Notification.from_input({"user_id": "alice", "title": "Hi", "identifier": "M"})
ROW.pk, ROW.seq = 1, 1
HEAD = Head(user_id="alice", epoch="e", seq=1, unread=1, unseen=1)
PAGE = answers.page([ROW], older=None, newer=None)


def test_a_notification_has_one_shape() -> None:
    assert serializers.NotificationSerializer(ROW).data == to_wire(ROW)


@pytest.mark.parametrize(
    ("serializer", "shown"),
    [
        (serializers.NotificationSerializer, to_wire(ROW)),
        (serializers.PageSerializer, PAGE),
        (serializers.InboxSerializer, answers.inbox(HEAD, PAGE)),
        (serializers.CountsSerializer, answers.counts(HEAD, {"M": 1})),
        (serializers.ChangesSerializer, answers.changes(Changes(start=0, to=1, head=HEAD, more=False, rows=[ROW]))),
        (serializers.SnapshotSerializer, answers.changes(Snapshot(reason="epoch", head=HEAD, more=False, rows=[ROW]))),
        (serializers.MarkAnswerSerializer, answers.marked(1, None, HEAD)),
        (serializers.BatchAnswerSerializer, answers.batch([1], 1)),
        (serializers.TokenSerializer, answers.token("t", ROW.created_at)),
        (serializers.ProblemSerializer, Problem(400).to_wire()),
        (
            serializers.FieldErrorSerializer,
            Problem(400, errors=(FieldError(field="a", code="b", detail="c"),)).to_wire()["errors"][0],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_declared_fields_are_the_shown_ones(serializer: Any, shown: dict[str, Any]) -> None:
    assert set(serializer().fields) == set(shown)


def test_what_a_sender_says_is_what_the_model_takes() -> None:
    assert set(serializers.NewNotificationSerializer().fields) == set(FIELDS)
