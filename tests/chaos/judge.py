"""The judge: what the ledger, the database and the devices say must be one story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from tests.chaos.devices import Device
from tests.chaos.ledger import PLAIN, Ledger

TRUTH = """
from notifications.wire.notification import to_wire
from tests import ledger
result = {}
for user in users:
    try:
        ledger.check(user)
        drift = None
    except AssertionError as problem:
        drift = str(problem) or "the counters are not what the rows add up to"
    head = Inbox.objects.head(user)
    rows = list(Notification.objects.filter(user_id=user).select_related("announcement").order_by("id"))
    result[user] = {
        "epoch": head.epoch, "seq": head.seq, "unread": head.unread, "unseen": head.unseen, "drift": drift,
        "rows": [to_wire(row) for row in rows if row.deleted_at is None],
        "keys": [row.dedupe_key or (row.announcement or row).title for row in rows],
        "deleted": [row.pk for row in rows if row.deleted_at is not None],
        "ids": [row.pk for row in sorted(rows, key=lambda row: row.pk)],
    }
"""
"""Evaluated by an outsider: the inboxes as the database has them, each recounted."""


@dataclass
class Verdict:
    """Empty lists are what was promised; each line is one broken promise."""

    lost: list[str] = field(default_factory=list)
    """Acknowledged, and not stored, not held by a device, or never announced by one that was to announce it."""
    twice: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    """Seen by somebody, written by nobody; also what was rolled back."""
    stale: list[str] = field(default_factory=list)
    """Held by a device, otherwise than the database has it."""
    drift: list[str] = field(default_factory=list)
    """Counters that are not what the rows add up to, on a device or in the database."""
    broken: list[str] = field(default_factory=list)
    """Frames that do not chain."""
    late: list[str] = field(default_factory=list)
    """Servers that hear no hints any more although all is well: their devices live on the sweep."""
    cut: list[str] = field(default_factory=list)
    """1006 on a planned restart."""
    left: list[str] = field(default_factory=list)
    """Left behind in a server after every device has gone."""
    problems: list[str] = field(default_factory=list)
    """Answers, exits and failures that must not be."""

    @property
    def is_red(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    @property
    def broken_promises(self) -> dict[str, list[str]]:
        return {each.name: getattr(self, each.name) for each in fields(self) if getattr(self, each.name)}


def judge(verdict: Verdict, truth: Mapping[str, Any], ledger: Ledger, devices: Sequence[Device]) -> None:
    """Add what is wrong, when everything is said and sent."""
    for user, inbox in truth.items():
        _database(verdict, user, inbox, ledger)
    for device in devices:
        seen_live(verdict, device)
        _announcements(verdict, device, truth[device.user], ledger)
        _rows(verdict, device, truth[device.user])


def seen_live(verdict: Verdict, device: Device) -> None:
    """What a device noticed by itself."""
    seen = device.seen
    for name in ("twice", "disordered", "invented", "broken"):
        getattr(verdict, name).extend(getattr(seen, name))
    if seen.cut_while_drained:
        verdict.cut.append(f"{seen.name}: {seen.cut_while_drained} × 1006")


def _database(verdict: Verdict, user: str, inbox: Mapping[str, Any], ledger: Ledger) -> None:
    keys = inbox["keys"]
    verdict.lost += [f"{user}: {key} was acknowledged and is not stored" for key in ledger.acknowledged[user] - {*keys}]
    verdict.invented += [
        f"{user}: {key} is stored, which nobody wrote" for key in {*keys} if not ledger.may_exist(user, key)
    ]
    verdict.twice += [f"{user}: {key} is stored twice" for key in {*keys} if keys.count(key) > 1]
    if inbox["drift"]:
        verdict.drift.append(f"{user} in the database: {inbox['drift']}")
    for row in inbox["rows"]:
        key = row["title"]
        if key in ledger.retracted:
            verdict.lost.append(f"{user}: the retraction of {key} was acknowledged and is undone")
        elif row.get("description") != ledger.edited.get(key, row.get("description")):
            verdict.stale.append(f"{user}: {key} was corrected, and is not")
    undone = ledger.deleted[user] - {*inbox["deleted"]}
    verdict.lost += [f"{user}: the deletion of {pk} was acknowledged and is undone" for pk in undone]


def _announcements(verdict: Verdict, device: Device, inbox: Mapping[str, Any], ledger: Ledger) -> None:
    seen = device.seen
    if seen.first_mark is None:
        verdict.lost.append(f"{device.name} never had its inbox")
        return
    # What is PLAIN was never read, archived or deleted: no device had a reason to be silent about it.
    due = {
        row["id"]: row["title"] for row in inbox["rows"] if row["identifier"] == PLAIN and row["id"] > seen.first_mark
    }
    missing = due.keys() - seen.announced.keys()
    verdict.lost += [f"{device.name} never announced {due[pk]} ({pk})" for pk in sorted(missing)]
    known = {*inbox["ids"]}
    verdict.invented += [f"{device.name} announced {seen.announced[pk]}" for pk in seen.announced.keys() - known]
    if device.held.missed:
        verdict.lost.append(f"{device.name} could not complete a snapshot")


def _rows(verdict: Verdict, device: Device, inbox: Mapping[str, Any]) -> None:
    held = device.held
    if held.cursor != (inbox["epoch"], inbox["seq"]):
        verdict.lost.append(f"{device.name} stands at {held.cursor}, the inbox at {inbox['seq']}")
        return
    rows = {row["id"]: row for row in inbox["rows"]}
    for pk, item in held.items.items():
        if pk not in rows:
            verdict.stale.append(f"{device.name} holds {pk}, which was deleted")
        elif item != rows[pk]:
            verdict.stale.append(f"{device.name} holds {pk} as it was at {item['seq']}, not at {rows[pk]['seq']}")
    wanted = {pk for pk, row in rows.items() if row["archived_at"] is None and pk >= device.seen.floor}
    verdict.lost += [
        f"{device.name} does not hold {rows[pk]['title']} ({pk})" for pk in sorted(wanted - held.items.keys())
    ]
    if (held.unread, held.unseen) != (inbox["unread"], inbox["unseen"]):
        counts = f"{held.unread}/{held.unseen} unread/unseen, not {inbox['unread']}/{inbox['unseen']}"
        verdict.drift.append(f"{device.name} shows {counts}")
