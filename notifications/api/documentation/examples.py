"""One notification and one inbox, as every example tells of them."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

MESSAGE = {
    "title": "New Message Received",
    "description": "This is a new message from John Doe",
    "identifier": "MESSAGE",
    "user_id": 123,
}
STORED = {
    "id": 812,
    "user_id": 123,
    "seq": 57,
    "title": "New Message Received",
    "description": "This is a new message from John Doe",
    "identifier": "MESSAGE",
    "data": {},
    "action_url": None,
    "priority": "normal",
    "is_read": False,
    "read_at": None,
    "seen_at": None,
    "archived_at": None,
    "created_at": "2026-11-22T10:00:00.000000Z",
    "updated_at": "2026-11-22T10:00:00.000000Z",
    "expires_at": None,
}
READ = {**STORED, "seq": 58, "is_read": True, "read_at": "2026-11-22T10:05:00.000000Z"}
READ |= {"seen_at": READ["read_at"], "updated_at": READ["read_at"]}
HEAD = {"unread": 4, "unseen": 2, "seq": 57}


def asked(value: object) -> OpenApiExample:
    return OpenApiExample("request", value=value, request_only=True)


def answered(value: object, *statuses: str) -> OpenApiExample:
    return OpenApiExample("answer", value=value, response_only=True, status_codes=list(statuses) or ["200"])
