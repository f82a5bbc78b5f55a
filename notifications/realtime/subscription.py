"""What this process hears of other processes: one channel of the layer, in the group of each connected user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from contextvars import Context
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from channels.layers import ChannelLayerManager, InMemoryChannelLayer
from django.conf import settings

from notifications import metrics
from notifications.models.change import Head
from notifications.wire.frames import Range

from .groups import ALL, PROBE, group_of, this_process
from .membership import join_groups, keeps_connections, leave_groups
from .tasks import keep

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("notifications.realtime")

WAIT_SECONDS = 1
REBUILD_SECONDS = 1
PROBE_SECONDS = 5
"""How often the link is tried: one that is open but deaf says nothing by itself."""
ECHO_SECONDS = 2
_layers = ChannelLayerManager()
"""Of our own, with the project's settings: rebuilding our link cuts nobody else's."""
_making = Lock()
"""The first to ask makes the layer: with two of them a hub would listen on one and subscribe on the other."""


class LinkLost(Exception):
    """The layer does not answer, or does not bring what is sent."""


def shared_layer() -> Any:
    """The channel layer, if it reaches other processes; the in-memory one hears only what the hub hears anyway."""
    if "default" not in getattr(settings, "CHANNEL_LAYERS", {}):
        return None
    with _making:
        layer = _layers["default"]
    return None if isinstance(layer, InMemoryChannelLayer) else layer


class Subscription:
    """Lost with the layer, and made anew; meanwhile the sweep brings everything."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._channel: str | None = None
        self._failed: str | None = None
        """The last channel the layer did not answer for: nobody asks for it again."""
        self._alone = asyncio.Lock()
        self._unsettled: set[str] = set()
        self._settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Of the next turn, which makes the groups of all who are unsettled what they should be."""
        self._has_turn = False
        self._lost = asyncio.Event()
        self._echo = asyncio.Event()

    async def add(self, user_id: str) -> None:
        """Hear of a user from now on, if the layer answers in time."""
        if (settled := self._settle([user_id])) is not None:
            await asyncio.wait([settled], timeout=WAIT_SECONDS)

    def discard(self, user_id: str) -> None:
        self._settle([user_id])

    async def run(self) -> None:
        layer = shared_layer()
        if layer is None:
            await asyncio.Event().wait()
        # The last socket may go and another come before we have let go of everything.
        async with self._alone:
            while True:
                try:
                    await self._listen(layer)
                except Exception as problem:
                    logger.warning("The channel layer is away (%r); the sweep goes on.", problem)
                finally:
                    self._channel = None
                    await _let_go(layer)
                _end_if_cancelled()
                metrics.hub_rebuilds.inc()
                await asyncio.sleep(REBUILD_SECONDS)

    async def _listen(self, layer: Any) -> None:
        """Take part until the link is lost."""
        self._lost.clear()
        async with asyncio.timeout(WAIT_SECONDS):
            channel = await layer.new_channel()
        hearing = [asyncio.ensure_future(self._receive(layer, channel))]
        try:
            self._channel = channel  # who joins from now on subscribes by himself
            async with asyncio.timeout(WAIT_SECONDS):
                await layer.group_add(ALL, channel)
            if (settled := self._settle(self._hub.sessions)) is not None:
                await asyncio.wait([settled])  # alone it would be cancelled with us, and others wait for it
            _end_if_cancelled()
            hearing.append(asyncio.ensure_future(self._probe(layer, channel)))
            hearing.append(asyncio.ensure_future(self._wait_for_loss()))
            done, _ = await asyncio.wait(hearing, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in hearing:
                task.cancel()
            await asyncio.wait(hearing, timeout=WAIT_SECONDS)
            with suppress(Exception):
                async with asyncio.timeout(WAIT_SECONDS):
                    await layer.group_discard(ALL, channel)

    async def _receive(self, layer: Any, channel: str) -> None:
        while True:
            self._hear(await layer.receive(channel))

    async def _probe(self, layer: Any, channel: str) -> None:
        """Speak to ourselves now and then."""
        group = f"{PROBE}.{uuid4().hex}"
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await layer.group_add(group, channel)
            while True:
                self._echo.clear()
                try:
                    async with asyncio.timeout(ECHO_SECONDS):
                        await layer.group_send(group, {"type": "inbox.probe"})
                        _end_if_cancelled()
                        await self._echo.wait()
                except TimeoutError:
                    raise LinkLost("it does not bring what is sent") from None
                await asyncio.sleep(PROBE_SECONDS)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(WAIT_SECONDS):
                    await layer.group_discard(group, channel)

    async def _wait_for_loss(self) -> None:
        await self._lost.wait()
        raise LinkLost("no answer")

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "inbox.probe":
            self._echo.set()
            return
        if message.get("of") == this_process():
            return  # our own sockets were told when it was committed
        if message["type"] == "inbox.board":
            self._hub.hear_board()
            return
        if message["type"] == "inbox.several":
            for each in message["messages"]:
                if each["user_id"] in self._hub.sessions:
                    self._hear(each)
            return
        metrics.hints_heard.inc()
        user_id = message["user_id"]
        if message["text"] is None:
            self._hub.hear_frame(user_id, None)
            return
        epoch, to = message["epoch"], message["to"]
        if not self._hub.note_hint(user_id, epoch=epoch, seq=to):
            return
        head = Head(
            user_id=user_id,
            epoch=epoch,
            seq=to,
            unread=message["unread"],
            unseen=message["unseen"],
        )
        self._hub.hear_frame(user_id, Range(head=head, start=message["from"], to=to, text=message["text"]))

    def _settle(self, user_ids: Iterable[str]) -> asyncio.Future[None] | None:
        """Make their groups what the hub has now, together with all who come meanwhile; done when it is tried."""
        if self._channel is None:
            return None
        self._unsettled.update(user_ids)
        if not self._unsettled:
            return None
        if not self._has_turn:
            self._has_turn = True
            keep(asyncio.get_running_loop().create_task(self._take_turns(), context=Context()))
        return self._settled

    async def _take_turns(self) -> None:
        """One after the other: who leaves and comes back must end up in the group."""
        try:
            while self._unsettled:
                await self._settle_all()
        finally:
            self._has_turn = False  # whatever ended it, a cancellation out of the layer as well: others will come

    async def _settle_all(self) -> None:
        user_ids, self._unsettled = self._unsettled, set()
        settled, self._settled = self._settled, asyncio.get_running_loop().create_future()
        channel = self._channel
        try:
            if channel is not None and channel != self._failed:
                await self._take_turn(user_ids, channel)
        except Exception:
            logger.debug("The channel layer did not answer.", exc_info=True)
            self._failed = channel
            if self._channel == channel:
                self._lost.set()
        finally:
            settled.set_result(None)

    async def _take_turn(self, user_ids: set[str], channel: str) -> None:
        layer = shared_layer()
        here = [group_of(user_id) for user_id in user_ids if user_id in self._hub.sessions]
        gone = [group_of(user_id) for user_id in user_ids if user_id not in self._hub.sessions]
        if here:
            await join_groups(layer, here, channel, seconds=WAIT_SECONDS)
        if gone:
            await leave_groups(layer, gone, channel, seconds=WAIT_SECONDS)


def _end_if_cancelled() -> None:
    """What awaits the layer may swallow a cancellation, as the flush of channels_redis does: nobody would ask again."""
    if (task := asyncio.current_task()) and task.cancelling():
        raise asyncio.CancelledError


async def _let_go(layer: Any) -> None:
    """What could not be unsubscribed while the layer was away, it would take up again by itself."""
    if keeps_connections(layer):
        with suppress(Exception):
            async with asyncio.timeout(WAIT_SECONDS):
                await layer.flush()
