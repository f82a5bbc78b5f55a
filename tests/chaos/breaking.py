"""How the engine, or a client, is broken: each patch is one mutant's."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterable
from typing import Any


def sweep_off() -> None:
    from notifications.realtime.sweep import Sweep

    Sweep.run = _for_ever


def probe_off() -> None:
    from notifications.realtime.subscription import Subscription

    Subscription._probe = _for_ever


async def _for_ever(*_: object) -> None:
    await asyncio.Event().wait()


def global_sequence() -> None:
    from django.db import connections

    from notifications.models import numbering

    advance = numbering.advance
    statement = (
        "INSERT INTO notifications_inbox AS i "
        "(user_id, epoch, seq, unread, unseen, horizon, board_seq, opened_board_seq) VALUES (%s,%s,%s,%s,%s,0,0,0) "
        "ON CONFLICT (user_id) DO UPDATE SET seq = GREATEST(i.seq, excluded.seq), "
        "unread = i.unread + excluded.unread, unseen = i.unseen + excluded.unseen RETURNING epoch, unread, unseen"
    )

    def from_sequence(using: str, steps: Iterable[numbering.Step]) -> dict[str, numbering.Head]:
        steps = sorted(steps, key=lambda step: step.user_id)
        if not any(step.changes for step in steps):
            return advance(using, steps)
        heads = {}
        with connections[using].cursor() as cursor:
            cursor.execute("SELECT nextval('chaos_seq') * 1000")
            (start,) = cursor.fetchone()
            time.sleep(random.uniform(0, 0.02))  # another one overtakes, as on a busy server
            for step in steps:
                seq = start + step.changes
                cursor.execute(statement, [step.user_id, numbering.new_epoch(), seq, step.unread, step.unseen])
                epoch, unread, unseen = cursor.fetchone()
                heads[step.user_id] = numbering.Head(
                    user_id=step.user_id, epoch=epoch, seq=seq, unread=unread, unseen=unseen
                )
        return heads

    numbering.advance = from_sequence


def read_before_subscribe() -> None:
    from notifications.realtime.hub import Hub

    join = Hub.join

    async def join_late(self: Hub, session: Any) -> None:
        session.read_on()
        await session.is_ready.wait()
        session.read_on = lambda: vars(session).pop("read_on")  # what the consumer does next was done first
        await join(self, session)

    Hub.join = join_late


def head_after_rows() -> None:
    from notifications.models import looking

    look = looking._look

    def rows_first(*asked: Any) -> Any:
        found = look(*asked)
        for seen, later in zip(found, look(*asked), strict=True):
            if seen is not None and later is not None:
                seen.head = later.head
        return found

    looking._look = rows_first


def publish_before_commit() -> None:
    from notifications.realtime import broadcast

    def at_once(changes: Any, *, using: str) -> None:
        broadcast.tell(changes)

    broadcast.after_commit = at_once


def announce_per_frame() -> None:
    from notifications.client import Replica

    advance = Replica._advance
    Replica._advance = lambda self, changes: advance(self, {**changes, "more": False})


def announce_per_frame_in_the_bell() -> None:
    from tests.chaos.node_devices import NodeDevices

    NodeDevices.breaks = "announce-per-frame"


def drop_a_frame_in_the_bell() -> None:
    from tests.chaos.node_devices import NodeDevices

    NodeDevices.breaks = "drop-a-frame"


def rows_before_position() -> None:
    from django.db import transaction

    from notifications.actions import fan_out
    from notifications.models import AnnouncementPart

    def deliver(pk: int, user_ids: list[str], broken: Any = ()) -> int:
        part = AnnouncementPart.objects.get(pk=pk)
        with transaction.atomic():
            fan_out._insert(AnnouncementPart.objects.db, part.user_ids, part.announcement_id)
        AnnouncementPart.objects.filter(pk=pk).update(delivered_at=_now(), user_ids=[])
        return len(user_ids)

    fan_out._deliver = deliver


def position_before_rows() -> None:
    from django.db import transaction

    from notifications.actions import fan_out
    from notifications.models import AnnouncementPart

    def deliver(pk: int, user_ids: list[str], broken: Any = ()) -> int:
        part = AnnouncementPart.objects.get(pk=pk)
        AnnouncementPart.objects.filter(pk=pk).update(delivered_at=_now(), user_ids=[])
        with transaction.atomic():
            fan_out._insert(AnnouncementPart.objects.db, part.user_ids, part.announcement_id)
        return len(user_ids)

    fan_out._deliver = deliver


def _now() -> Any:
    from django.utils import timezone

    return timezone.now()


def late_audience() -> None:
    from notifications.actions import fan_out
    from notifications.models import Announcement, Subscription

    insert = fan_out._insert

    def insert_subscribed(using: str, user_ids: list[str], announcement_id: int) -> None:
        topic = Announcement.objects.get(pk=announcement_id).topic
        if topic:
            rows = Subscription.objects.filter(topic=topic, user_id__in=user_ids)
            user_ids = sorted(rows.values_list("user_id", flat=True))
        insert(using, user_ids, announcement_id)

    fan_out._insert = insert_subscribed


def lists_stay() -> None:
    from notifications.actions.catch_up import _Position
    from notifications.models.announcement import Audience

    may_hold = _Position.may_hold
    _Position.may_hold = lambda self, news: news.audience != Audience.LIST and may_hold(self, news)
