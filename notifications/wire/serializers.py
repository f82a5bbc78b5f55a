"""The shapes of REST as serializers: the OpenAPI document is made from them, and a host project may nest them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from notifications import limits
from notifications.models import Notification

from .bodies import STATES
from .commands import VERBS
from .notification import to_wire
from .schemas import (
    ACTION_URL,
    DATA,
    DEDUPE_KEY,
    DESCRIPTION,
    FLAG,
    ID,
    IDENTIFIER,
    ITEM,
    LINK,
    MOMENT,
    NUMBER,
    PRIORITY,
    TEXT,
    TITLE,
    TOPIC,
    USER_ID,
    Schema,
    integer,
    or_null,
)


class Exact(serializers.Field[Any, Any, Any, Any]):
    """A field told by its JSON Schema; the limits of ``limits`` are finer than the fields of REST framework."""

    def __init__(self, schema: Schema, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema

    def to_representation(self, value: Any) -> Any:
        return value

    def to_internal_value(self, data: Any) -> Any:
        return data


class NotificationSerializer(serializers.Serializer[Notification]):
    """The one shape of a notification."""

    id = Exact(ID)
    user_id = Exact(USER_ID)
    seq = Exact({**ID, "description": "The number of its last change in its inbox."})
    title = Exact(TEXT)
    description = Exact(TEXT)
    identifier = Exact(TEXT)
    data = Exact({"type": "object", "additionalProperties": True})  # type: ignore[assignment]
    action_url = Exact(or_null(TEXT))
    priority = Exact(PRIORITY)
    is_read = Exact(FLAG)
    read_at = Exact(or_null(MOMENT))
    seen_at = Exact(or_null(MOMENT))
    archived_at = Exact(or_null(MOMENT))
    created_at = Exact(MOMENT)
    updated_at = Exact(MOMENT)
    expires_at = Exact(or_null(MOMENT))

    def to_representation(self, instance: Notification) -> Schema:
        return to_wire(instance)


class NewNotificationSerializer(serializers.Serializer[Any]):
    """What a sender says."""

    user_id = Exact(USER_ID)
    title = Exact(TITLE)
    identifier = Exact({**IDENTIFIER, "description": "What kind of message it is."})
    description = Exact(DESCRIPTION, required=False)
    data = Exact(DATA, required=False)  # type: ignore[assignment]
    action_url = Exact(ACTION_URL, required=False)
    priority = Exact({**PRIORITY, "default": "normal"}, required=False)
    expires_at = Exact({**or_null(MOMENT), "description": "In the future."}, required=False)
    dedupe_key = Exact(
        {**DEDUPE_KEY, "description": "A second one with this key for this user returns the first."}, required=False
    )


class BatchSerializer(serializers.Serializer[Any]):
    notifications = serializers.ListField(child=NewNotificationSerializer(), min_length=1, max_length=limits.BATCH_MAX)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    created = Exact({**NUMBER, "description": "How many are new; the others had a dedupe_key that was used."})
    ids = Exact({"type": "array", "items": ID})


class NewAnnouncementSerializer(serializers.Serializer[Any]):
    """One of ``audience``, ``user_ids`` and ``topic``."""

    audience = Exact({"type": "string", "const": "everyone"}, required=False)
    user_ids = Exact(
        {"type": "array", "items": USER_ID, "minItems": 1, "maxItems": limits.RECIPIENTS_MAX}, required=False
    )
    topic = Exact({**TOPIC, "description": "Whoever is subscribed to it now."}, required=False)
    include_new = Exact(
        {**FLAG, "default": False, "description": "Of everyone: those whose inbox opens later, too."}, required=False
    )
    title = Exact(TITLE)
    identifier = Exact({**IDENTIFIER, "description": "What kind of message it is."})
    description = Exact(DESCRIPTION, required=False)
    data = Exact(DATA, required=False)  # type: ignore[assignment]
    action_url = Exact(ACTION_URL, required=False)
    priority = Exact({**PRIORITY, "default": "normal"}, required=False)
    expires_at = Exact({**or_null(MOMENT), "description": "In the future."}, required=False)


class AnnouncementAnswerSerializer(serializers.Serializer[Any]):
    id = Exact(ID)
    recipients = Exact({**or_null(NUMBER), "description": "How many users it is for; null for everyone."})


class AnnouncementEditSerializer(serializers.Serializer[Any]):
    title = Exact(TITLE, required=False)
    description = Exact(DESCRIPTION, required=False)
    data = Exact(DATA, required=False)  # type: ignore[assignment]
    action_url = Exact(ACTION_URL, required=False)
    priority = Exact(PRIORITY, required=False)
    expires_at = Exact({**or_null(MOMENT), "description": "In the future."}, required=False)


class AnnouncementSerializer(AnnouncementAnswerSerializer):
    """An announcement, and how far it has come."""

    audience = Exact({"type": "string", "enum": ["everyone", "list"]})
    topic = Exact({**or_null(TEXT), "description": "Whose subscribers were the list."})
    include_new = Exact(FLAG)
    delivered = Exact({**NUMBER, "description": "Inboxes that have it; of everyone's no more than 10,000 are counted."})
    title = Exact(TEXT)
    description = Exact(TEXT)
    identifier = Exact(TEXT)
    data = Exact({"type": "object", "additionalProperties": True})  # type: ignore[assignment]
    action_url = Exact(or_null(TEXT))
    priority = Exact(PRIORITY)
    created_at = Exact(MOMENT)
    updated_at = Exact(MOMENT)
    expires_at = Exact(or_null(MOMENT))
    retracted_at = Exact(or_null(MOMENT))


class PutSerializer(serializers.Serializer[Any]):
    is_read = Exact({**FLAG, "default": True}, required=False)


class StatesSerializer(serializers.Serializer[Any]):
    is_read, is_seen, is_archived = (Exact(FLAG, required=False) for _ in STATES)


class MarkSerializer(serializers.Serializer[Any]):
    """``ids``, or all up to ``up_to`` (the newest one unless given), of one ``identifier`` if given."""

    action = Exact({"type": "string", "enum": list(VERBS)})
    ids = Exact({"type": "array", "items": ID, "minItems": 1, "maxItems": limits.MARK_IDS_MAX}, required=False)
    up_to = Exact(ID, required=False)
    identifier = Exact({"type": "string", "minLength": 1, "maxLength": limits.IDENTIFIER_MAX}, required=False)


class MarkAnswerSerializer(serializers.Serializer[Any]):
    changed = Exact(NUMBER)
    up_to = Exact({**or_null(NUMBER), "description": "The bound in force; null when ids were named."})
    unread = Exact(NUMBER)
    unseen = Exact(NUMBER)
    seq = Exact(NUMBER)


class PageSerializer(serializers.Serializer[Any]):
    """``next`` leads to older ones, ``previous`` to newer ones."""

    next = Exact(LINK)
    previous = Exact(LINK)
    results = NotificationSerializer(many=True)


class InboxSerializer(PageSerializer):
    user_id = Exact(USER_ID)
    epoch = Exact({**TEXT, "description": "Identity of the numbering: with another one, begin again."})
    seq = Exact({**NUMBER, "description": "The number of the inbox's last change."})
    unread = Exact(NUMBER)
    unseen = Exact(NUMBER)


class SubscriptionSerializer(serializers.Serializer[Any]):
    topic = Exact(TEXT)
    user_id = Exact(USER_ID)
    created_at = Exact(MOMENT)


class SubscriptionPageSerializer(serializers.Serializer[Any]):
    next = Exact(LINK)
    previous = Exact(LINK)
    results = SubscriptionSerializer(many=True)


class CountsSerializer(serializers.Serializer[Any]):
    unread = Exact(NUMBER)
    unseen = Exact(NUMBER)
    seq = Exact(NUMBER)
    epoch = Exact(TEXT)
    by_identifier = Exact({"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}})


class TokenRequestSerializer(serializers.Serializer[Any]):
    user_id = Exact(USER_ID)
    ttl_seconds = Exact(
        integer(limits.TOKEN_TTL_MIN, limits.TOKEN_TTL_MAX, default=limits.TOKEN_TTL_DEFAULT),
        required=False,
    )


class TokenSerializer(serializers.Serializer[Any]):
    token = Exact(TEXT)
    expires_at = Exact(MOMENT)


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = Exact(TEXT)
    code = Exact(TEXT)
    detail = Exact(TEXT)


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = Exact(TEXT)
    title = Exact(TEXT)
    status = Exact(integer(400, 599))
    code = Exact({**TEXT, "description": "For programs: invalid, malformed_json, not_found …"})
    detail = Exact({**TEXT, "description": "For people."})
    errors = FieldErrorSerializer(many=True)  # type: ignore[assignment]


def _range(name: str, members: dict[str, serializers.Field[Any, Any, Any, Any]]) -> type[serializers.Serializer[Any]]:
    """``from`` cannot be spelt in a class body."""
    return type(name, (serializers.Serializer,), members)


ChangesSerializer = _range(
    "ChangesSerializer",
    {
        "mode": Exact({"type": "string", "const": "changes"}),
        "epoch": Exact(TEXT),
        "from": Exact(NUMBER),
        "to": Exact(NUMBER),
        "unread": Exact(NUMBER),
        "unseen": Exact(NUMBER),
        "more": Exact({**FLAG, "description": "Ask again, since ``to``."}),
        "items": Exact({"type": "array", "items": ITEM}),
    },
)
SnapshotSerializer = _range(
    "SnapshotSerializer",
    {
        "mode": Exact({"type": "string", "const": "snapshot"}),
        "reason": Exact({"type": "string", "enum": ["epoch", "too_old", "regressed"]}),
        "epoch": Exact(TEXT),
        "to": Exact(NUMBER),
        "unread": Exact(NUMBER),
        "unseen": Exact(NUMBER),
        "more": Exact(FLAG),
        "items": NotificationSerializer(many=True),
    },
)
