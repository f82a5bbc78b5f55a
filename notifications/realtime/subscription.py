"""What this process hears of other processes: one channel of the layer, in the group of each connected user."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from channels.layers import InMemoryChannelLayer, get_channel_layer

from notifications.models.change import Head
from notifications.wire.frames import Range

from .groups import group_of
from .tasks import keep

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("notifications.realtime")

WAIT_SECONDS = 1
REBUILD_SECONDS = 1


def shared_layer() -> Any:
    """The channel layer, if it reaches other processes; the in-memory one hears only what the hub hears anyway."""
    layer = get_channel_layer()
    return None if layer is None or isinstance(layer, InMemoryChannelLayer) else layer


class Subscription:
    """Lost with the layer, and made anew; meanwhile the sweep brings everything."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._channel: str | None = None

    async def add(self, user_id: str) -> None:
        """Hear of a user from now on, if the layer answers in time."""
        await self._quietly("group_add", user_id)

    def discard(self, user_id: str) -> None:
        if self._channel is not None:
            keep(asyncio.ensure_future(self._quietly("group_discard", user_id)))

    async def run(self) -> None:
        layer = shared_layer()
        if layer is None:
            await asyncio.Event().wait()
        while True:
            channel = None
            try:
                channel = self._channel = await layer.new_channel()
                for user_id in list(self._hub.sessions):
                    await layer.group_add(group_of(user_id), channel)
                while True:
                    self._hear(await layer.receive(channel))
            except Exception as problem:
                logger.warning("The channel layer is away (%s); the sweep goes on.", type(problem).__name__)
                await asyncio.sleep(REBUILD_SECONDS)
            finally:
                if self._channel == channel:  # else a new subscription has taken over meanwhile
                    self._channel = None

    def _hear(self, message: dict[str, Any]) -> None:
        user_id = message["user_id"]
        if message["text"] is None:
            self._hub.hear_frame(user_id, None)
            return
        head = Head(
            user_id=user_id,
            epoch=message["epoch"],
            seq=message["to"],
            unread=message["unread"],
            unseen=message["unseen"],
        )
        self._hub.hear_frame(user_id, Range(head=head, start=message["from"], to=message["to"], text=message["text"]))

    async def _quietly(self, verb: str, user_id: str) -> None:
        layer, channel = shared_layer(), self._channel
        if layer is None or channel is None:
            return
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await getattr(layer, verb)(group_of(user_id), channel)
        except Exception:
            logger.debug("The channel layer did not take %s.", verb, exc_info=True)
