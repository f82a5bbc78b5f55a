"""The limits of the input, kept here for every way in: model, REST, sockets, admin form, bulk verbs.

Everything raises ``django.core.exceptions.ValidationError``; ``clean_fields`` keys it by field. The codes are
``required``, ``null``, ``blank``, ``max_length``, ``invalid`` and ``unknown_field``.
"""

from __future__ import annotations

from .fields import FIELDS, clean_fields
from .keys import clean_idempotency_key, is_visible_ascii
from .links import is_origin
from .named import clean_as
from .numbers import (
    ACTION_URL_MAX,
    BATCH_BODY_MAX,
    BATCH_MAX,
    BODY_MAX,
    CHANGES_MAX,
    DATA_MAX_BYTES,
    DATA_MAX_DEPTH,
    DEDUPE_KEY_MAX,
    DESCRIPTION_MAX,
    EPOCH_MAX,
    FRAME_MAX,
    IDEMPOTENCY_KEY_MAX,
    IDENTIFIER_MAX,
    JSON_MAX_DEPTH,
    MARK_IDS_MAX,
    MAX_ID,
    MAX_SAFE_INTEGER,
    PAGE_DEFAULT,
    PAGE_MAX,
    RECIPIENTS_MAX,
    TITLE_MAX,
    TOKEN_TTL_DEFAULT,
    TOKEN_TTL_MAX,
    TOKEN_TTL_MIN,
    TOPIC_MAX,
    USER_ID_MAX,
)
from .strings import is_storable
from .times import clean_time
from .user_ids import RESERVED_USER_IDS, clean_user_id, user_id_to_json
from .words import PRIORITIES, clean_identifier, clean_topic

__all__ = [
    "ACTION_URL_MAX",
    "BATCH_BODY_MAX",
    "BATCH_MAX",
    "BODY_MAX",
    "CHANGES_MAX",
    "DATA_MAX_BYTES",
    "DATA_MAX_DEPTH",
    "DEDUPE_KEY_MAX",
    "DESCRIPTION_MAX",
    "EPOCH_MAX",
    "FIELDS",
    "FRAME_MAX",
    "IDEMPOTENCY_KEY_MAX",
    "IDENTIFIER_MAX",
    "JSON_MAX_DEPTH",
    "MARK_IDS_MAX",
    "MAX_ID",
    "MAX_SAFE_INTEGER",
    "PAGE_DEFAULT",
    "PAGE_MAX",
    "PRIORITIES",
    "RECIPIENTS_MAX",
    "RESERVED_USER_IDS",
    "TITLE_MAX",
    "TOKEN_TTL_DEFAULT",
    "TOKEN_TTL_MAX",
    "TOKEN_TTL_MIN",
    "TOPIC_MAX",
    "USER_ID_MAX",
    "clean_as",
    "clean_fields",
    "clean_idempotency_key",
    "clean_identifier",
    "clean_time",
    "clean_topic",
    "clean_user_id",
    "is_origin",
    "is_storable",
    "is_visible_ascii",
    "user_id_to_json",
]
