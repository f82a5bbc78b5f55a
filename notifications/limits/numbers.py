"""How long, how deep, how many."""

from __future__ import annotations

from typing import Final

# Fields: characters are code points, bytes are UTF-8.
TITLE_MAX: Final = 200
DESCRIPTION_MAX: Final = 4000
IDENTIFIER_MAX: Final = 100
USER_ID_MAX: Final = 64
ACTION_URL_MAX: Final = 2000
DEDUPE_KEY_MAX: Final = 128
TOPIC_MAX: Final = 100
DATA_MAX_BYTES: Final = 8192
DATA_MAX_DEPTH: Final = 8

# Numbers: what JavaScript holds exactly, what a bigint column holds.
MAX_SAFE_INTEGER: Final = 2**53 - 1
MAX_ID: Final = 2**63 - 1

# Requests and frames.
PAGE_DEFAULT: Final = 20
PAGE_MAX: Final = 100
EPOCH_MAX: Final = 64
CHANGES_MAX: Final = 500
MARK_IDS_MAX: Final = 500
BATCH_MAX: Final = 1000
RECIPIENTS_MAX: Final = 10_000
BODY_MAX: Final = 64 * 1024
BATCH_BODY_MAX: Final = 1024 * 1024
JSON_MAX_DEPTH: Final = 16
FRAME_MAX: Final = 16 * 1024
IDEMPOTENCY_KEY_MAX: Final = 255
TOKEN_TTL_MIN: Final = 30
TOKEN_TTL_MAX: Final = 86_400
TOKEN_TTL_DEFAULT: Final = 3600
