"""Server → client: every frame a socket may send, as JSON text."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from notifications.models import Change, Notification
from notifications.models.change import Changes, Head, Snapshot
from notifications.models.page import Row

from .notification import to_text
from .strict_json import dumps

FIN_TEXT = 0x81
FRAME_BYTES = 256 * 1024
"""A frame ends before the item that would take it past this size: WebSocket libraries commonly refuse 1 MiB."""


@dataclass(kw_only=True)  # not frozen: that would take three times as long to make
class Range:
    """An encoded frame that takes a device to seq ``to``: ``changes`` from ``start``, or a ``snapshot`` (None).

    ``head`` is the inbox when it was made; with ``more`` it lies beyond ``to``.
    """

    head: Head
    start: int | None
    to: int
    text: str
    more: bool = False

    @cached_property
    def packed(self) -> bytes:
        """Made once for all sockets."""
        return pack(self.text)


def pack(text: str) -> bytes:
    """A frame as a WebSocket message of a server (RFC 6455, section 5.2)."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", FIN_TEXT, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", FIN_TEXT, 126, size) + payload
    return struct.pack("!BBQ", FIN_TEXT, 127, size) + payload


def type_of(text: str) -> str:
    """The type of a frame made here, which stands first."""
    return text[9 : text.index('"', 9)]


def welcome(head: Head, heartbeat_seconds: float) -> str:
    seconds = int(heartbeat_seconds) if float(heartbeat_seconds).is_integer() else heartbeat_seconds
    return dumps(
        {"type": "welcome", "epoch": head.epoch, "seq": head.seq, **_counts(head), "heartbeat_seconds": seconds}
    )


def of_change(change: Change) -> Range | None:
    """The frame of one change, made once for all sockets; None when it has to be read."""
    if change.rows is None:
        return None
    encoded, taken = _encode(change.rows)
    if taken < len(change.rows):
        return None
    return _changes(change.start, change.head.seq, change.head, encoded, more=False)


def of_changes(changes: Changes) -> Range:
    encoded, taken = _encode(changes.rows)
    if taken < len(changes.rows):
        return _changes(changes.start, changes.rows[taken - 1].seq, changes.head, encoded, more=True)
    return _changes(changes.start, changes.to, changes.head, encoded, more=changes.more)


def of_snapshot(snapshot: Snapshot) -> Range:
    encoded, taken = _encode(snapshot.rows)
    head, more = snapshot.head, snapshot.more or taken < len(snapshot.rows)
    text = (
        f'{{"type":"snapshot","reason":{dumps(snapshot.reason)},"epoch":{dumps(head.epoch)},"to":{head.seq},'
        f'"unread":{head.unread},"unseen":{head.unseen},"items":[{encoded}],"more":{_WORD[more]}}}'
    )
    return Range(head=head, start=None, to=head.seq, text=text)


def ok(command_id: object, *, seq: int, changed: int) -> str:
    return dumps({"type": "ok", "id": command_id, "seq": seq, "changed": changed})


def error(command_id: object, code: str, detail: str) -> str:
    return dumps({"type": "error", "id": command_id, "code": code, "detail": detail})


def heartbeat(*, seq: int, unread: int, unseen: int) -> str:
    return dumps({"type": "heartbeat", "seq": seq, "unread": unread, "unseen": unseen})


def bye(code: int, reason: str, retry_after: Sequence[float] | None = None) -> str:
    frame: dict[str, object] = {"type": "bye", "code": code, "reason": reason}
    return dumps(frame if retry_after is None else {**frame, "retry_after": list(retry_after)})


def _changes(start: int, to: int, head: Head, encoded: str, *, more: bool) -> Range:
    text = (
        f'{{"type":"changes","from":{start},"to":{to},"unread":{head.unread},"unseen":{head.unseen},'
        f'"more":{_WORD[more]},"items":[{encoded}]}}'
    )
    return Range(head=head, start=start, to=to, text=text, more=more)


_WORD = {True: "true", False: "false"}


def _encode(rows: Sequence[Notification | Row]) -> tuple[str, int]:
    """The items as JSON text, and how many fit."""
    items: list[str] = []
    size = 0
    for row in rows:
        item = to_text(row)
        size += len(item) if item.isascii() else len(item.encode())
        if items and size > FRAME_BYTES:
            break
        items.append(item)
    return ",".join(items), len(items)


def _counts(head: Head) -> dict[str, int]:
    return {"unread": head.unread, "unseen": head.unseen}
